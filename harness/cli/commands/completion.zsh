#compdef alloc-replay
_alloc_replay() {
  local -a found
  found=("${(@f)$("$words[1]" completion --complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)}")
  [[ -n $found[1] ]] && compadd -- "${(@)found}"
  _files
}
compdef _alloc_replay alloc-replay
