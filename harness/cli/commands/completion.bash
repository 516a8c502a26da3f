# bash splits words at : and =, and wants of a completion only what follows the last of them.
_alloc_replay() {
  local line=${COMP_LINE:0:COMP_POINT}
  local -a words
  read -ra words <<< "$line"
  [[ $line == *' ' ]] && words+=('')
  local last=${words[${#words[@]}-1]}
  local before=${last%"${last##*[:=]}"}
  local found
  COMPREPLY=()
  while IFS= read -r found; do
    COMPREPLY+=("${found#"$before"}")
  done < <("${words[0]}" completion --complete -- "${words[@]:1}" 2> /dev/null)
}
complete -o default -F _alloc_replay alloc-replay
