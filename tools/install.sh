#!/bin/sh
# Installs files, and removes what an earlier version installed.  `make install` calls it:
#
#   tools/install.sh files LIST...              installs what the lists say
#   tools/install.sh tree MANIFEST LIST...      the same; removes what MANIFEST recorded before and
#                                               the lists lack, and records what is there now
#   tools/install.sh remove MANIFEST LIST...    removes what MANIFEST recorded; without a manifest
#                                               what the lists say
#
# A line of a list is MODE, SOURCE and DESTINATION between tabs, of which the last two end in the
# same name; MODE "link" makes a symbolic link.
# DESTDIR stands before each destination; MANIFEST records paths without it.  Release 0.1 had
# no manifest: MODULES is the folder of its Lua files, and tools/release-0.1.txt names them.
set -eu

DESTDIR=${DESTDIR:-}
mode=$1
shift
tab=$(printf '\t')

# The destinations of the lists, each spelled one way.
destinations() { cut -f 3 "$@" | tr -s /; }

# One `install` for the files that go to one folder with one mode.
install_group() { # mode, folder, files...
  permissions=$1 folder=$2
  shift 2
  [ $# -gt 0 ] || return 0
  mkdir -p "$folder"
  ${INSTALL:-install} -m "$permissions" "$@" "$folder/"
}

install_list() {
  permissions='' folder=''
  while IFS=$tab read -r next source destination; do
    to=$DESTDIR$destination
    if [ "$next$tab${to%/*}" != "$permissions$tab$folder" ]; then
      install_group "$permissions" "$folder" "$@"
      set --
      permissions=$next folder=${to%/*}
    fi
    if [ "$next" = link ]; then
      mkdir -p "$folder"
      ln -sf "$source" "$to"
    else
      set -- "$@" "$source"
    fi
  done
  install_group "$permissions" "$folder" "$@"
}

# Removes the files that standard input names, and the folders below a folder vbo that this empties.
remove_listed() {
  while IFS= read -r file; do
    rm -f "$DESTDIR$file"
    folder=${file%/*}
    while case "$folder/" in */vbo/* | */vbolua/*) ;; *) false ;; esac do
      rmdir "$DESTDIR$folder" 2>/dev/null || break
      folder=${folder%/*}
    done
  done
}

# What an earlier version installed.
recorded() {
  if [ -e "$DESTDIR$manifest" ]; then
    grep -v '^#' "$DESTDIR$manifest" || true
  elif [ -e "$DESTDIR$MODULES/vbo/init.lua" ]; then
    while IFS= read -r file; do
      printf '%s/%s\n' "$MODULES" "$file"
    done <"${0%/*}/release-0.1.txt" | tr -s /
  fi
}

record() {
  mkdir -p "$DESTDIR${manifest%/*}"
  {
    echo "# What vbolua's \`make install\` installed; \`make uninstall\` removes it."
    LC_ALL=C sort -u
  } >"$DESTDIR$manifest.new"
  mv -f "$DESTDIR$manifest.new" "$DESTDIR$manifest"
}

if [ "$mode" = files ]; then
  cat "$@" | install_list
  exit
fi
manifest=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
recorded | LC_ALL=C sort -u >"$work/before"
destinations "$@" | LC_ALL=C sort -u >"$work/after"
case "$mode" in
tree)
  # While files come and go the manifest names both: one that is cut off forgets nothing.
  cat "$work/before" "$work/after" | record
  LC_ALL=C comm -23 "$work/before" "$work/after" | remove_listed
  cat "$@" | install_list
  record <"$work/after"
  ;;
remove)
  if [ -e "$DESTDIR$manifest" ]; then
    { cat "$work/before" && echo "$manifest"; } | remove_listed
  else
    cat "$work/before" "$work/after" | remove_listed
  fi
  ;;
*)
  echo "usage: tools/install.sh files|tree|remove ..." >&2
  exit 2
  ;;
esac
