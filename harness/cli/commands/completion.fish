function __alloc_replay
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completion --complete -- $words[2..-1] 2> /dev/null
end
complete -c alloc-replay -a '(__alloc_replay)'
