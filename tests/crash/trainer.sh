#!/bin/sh
# A trainer that keeps a ledger: a line at its start and one at its end, each in a single append.
# Reports three steps the way cloudml-hypertune does; --x=… is its objective.
for word in "$@"; do
    case $word in
    --x=*) x=${word#--x=} ;;
    --seconds=*) seconds=${word#--seconds=} ;;
    esac
done
echo "start $CLOUD_ML_TRIAL_ID $ASSAY_ATTEMPT $$" >>"$LEDGER"
lines=
for step in 1 2 3; do
    line=$(printf '{"checkpoint_path": "", "global_step": "%s", "objective": "%s", "timestamp": %s, "trial": "%s"}' \
        "$step" "$x" "$(date +%s)" "$CLOUD_ML_TRIAL_ID")
    lines="$lines$line
"
    printf '%s' "$lines" >"$CLOUD_ML_HP_METRIC_FILE"
    sleep "$seconds"
done
mkdir -p "$AIP_MODEL_DIR"
echo "$x" >"$AIP_MODEL_DIR/model.txt"
echo "end $CLOUD_ML_TRIAL_ID $ASSAY_ATTEMPT $$" >>"$LEDGER"
