# Fish completion for vbolua: `vbolua complete` knows the candidates.

function __vbolua_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end

complete --command vbolua --no-files --arguments '(__vbolua_complete)'
