#!/bin/sh
# What the command line's tests tune. MODE, from the document's `assay.env`, says how it behaves:
#   quick     reports and ends
#   wait      waits for the file `go` beside the document, then as quick
#   stubborn  the same, but ignores SIGTERM
#   fail      complains with an escape sequence and exits with 3
# Whatever it is, it leaves its arguments, each ended by a zero byte, in args.TRIAL.
set -eu

here=$ASSAY_SOURCE_DIR
printf '%s\0' "$@" > "$here/args.$CLOUD_ML_TRIAL_ID"
echo "trial $CLOUD_ML_TRIAL_ID says hello"
[ "$MODE" != stubborn ] || trap '' TERM
: > "$here/started.$CLOUD_ML_TRIAL_ID"

case $MODE in
wait | stubborn)
    tries=0
    while [ ! -e "$here/go" ] && [ $tries -lt 600 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    echo "trial $CLOUD_ML_TRIAL_ID goes on"
    ;;
fail)
    printf 'no \033[31mluck\n' >&2
    exit 3
    ;;
esac

mkdir -p "$AIP_MODEL_DIR"
echo "model of trial $CLOUD_ML_TRIAL_ID" > "$AIP_MODEL_DIR/model.txt"
printf '{"loss": "0.%s", "global_step": "1", "timestamp": %s, "trial": "%s", "checkpoint_path": ""}\n' \
    "$CLOUD_ML_TRIAL_ID" "$(date +%s)" "$CLOUD_ML_TRIAL_ID" > "$CLOUD_ML_HP_METRIC_FILE"
