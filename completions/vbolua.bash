# Bash completion for vbolua: `vbolua complete` knows the candidates.  Needs bash 4.

_vbolua() {
  local word words=() candidate text before current
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    # Bash breaks words at = and :, vbolua does not.
    if ((${#words[@]})) && [[ $word == [=:]* || ${words[-1]} == *[=:] ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  current=${words[-1]}
  before=${current%"${current##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate text; do
    case $candidate in
    :files)
      compopt -o filenames
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${current#"$before"}")
      ;;
    :folders)
      compopt -o filenames
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "${current#"$before"}")
      ;;
    *)
      [[ $candidate == *[=:] ]] && compopt -o nospace
      COMPREPLY+=("${candidate#"$before"}")
      ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" complete -- "${words[@]}" 2>/dev/null)
}

complete -F _vbolua vbolua
