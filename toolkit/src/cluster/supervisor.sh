# Runs a throwaway server for as long as standard input stays open.
#
# Arguments: the folder to make the server's folder in, then the folder of the server's programs,
# then the arguments of initdb. Orders come on standard input, answers go to standard output.
# The kernel closes standard input however the other end dies, so this is what cleans up.

unset SCRIPT
parent=$1
programs=$2
shift 2

# An answer that nobody reads any more must not end the shell either.
trap '' HUP INT PIPE TERM
umask 077
if ! folder=$(mktemp -d "$parent/steward-XXXXXXXX" 2>&1); then
    echo "error $folder"
    exit 1
fi
echo "folder $folder"

remove() {
    rm -rf -- "$folder"
    exit
}

# The other end puts configuration and files into the folder, then says "start".
read -r order || remove
if ! "$programs/initdb" --pgdata="$folder/data" "$@" </dev/null >"$folder/initdb.log" 2>&1; then
    echo failed
    read -r order
    remove
fi
mv -- "$folder"/files/* "$folder/data/" 2>/dev/null

exec 3<&0
: >"$folder/running"
"$programs/postgres" -D "$folder/data" -c config_file="$folder/postgresql.conf" \
    </dev/null >"$folder/server.log" 2>&1 3<&- &
server=$!
echo started

# A signal that arrives before the server has installed its handlers is lost, so it is sent until
# the server is gone: a fast shutdown for five seconds, an immediate one for another five.
(
    read -r order
    if [ "$order" = keep ]; then
        exit
    fi
    signal=INT
    tries=0
    while [ -e "$folder/running" ]; do
        kill -s "$signal" "$server"
        tries=$((tries + 1))
        case $tries in
            100) signal=QUIT ;;
            200) signal=KILL ;;
        esac
        sleep 0.05
    done
) <&3 >/dev/null 2>&1 &
watcher=$!

wait "$server"
rm -f -- "$folder/running"
wait "$watcher"
remove
