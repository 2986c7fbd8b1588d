#!/bin/sh
# What the command line's tests tune. MODE, from the document's `assay.env`, says how it behaves:
#   quick     reports and ends
#   wait      waits for the file `go` beside the document, then as quick
#   stubborn  the same, but ignores SIGTERM
#   curve     reports thirty steps: trials up to 5 a low loss, the others a high one; then ends
#   two       reports the two metrics cost and gain: better in one, worse in the other
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
curve)
    [ "$CLOUD_ML_TRIAL_ID" -le 5 ] && loss=1 || loss=9
    step=1
    while [ $step -le 30 ]; do
        printf '{"loss": "%s", "global_step": "%s"}\n' $loss $step >> "$CLOUD_ML_HP_METRIC_FILE"
        step=$((step + 1))
        sleep 0.05
    done
    exit 0
    ;;
two)
    # The third is worse than the second in both.
    case $CLOUD_ML_TRIAL_ID in
    1) values='"cost": 1, "gain": 1' ;;
    2) values='"cost": 2, "gain": 5' ;;
    *) values='"cost": 3, "gain": 4' ;;
    esac
    printf '{%s}\n' "$values" > "$CLOUD_ML_HP_METRIC_FILE"
    exit 0
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
