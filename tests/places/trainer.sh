#!/bin/bash
# A trainer that holds a lock for each GPU that it was given, and tells in $LEDGER when somebody else
# held one. A whole GPU is held alone; of halves, two go together. WANT: how many GPUs it asked for.
half=${HALF:-}
note() { printf '%s %s %s %s\n' "$1" "$JOB" "$ASSAY_ATTEMPT" "${CUDA_VISIBLE_DEVICES-unset}" >>"$LEDGER"; }
fail() {
    note "$1"
    exit 9
}

IFS=, read -r -a ids <<<"${CUDA_VISIBLE_DEVICES-}"
[ ${#ids[@]} -eq "$WANT" ] || fail miscounted
[ "$HIP_VISIBLE_DEVICES,$NVIDIA_VISIBLE_DEVICES" = "$CUDA_VISIBLE_DEVICES,$CUDA_VISIBLE_DEVICES" ] ||
    fail disagreed
for id in "${ids[@]}"; do
    exec {slot}>>"$SLOTS/slot.$id" {first}>>"$SLOTS/slot.$id.1" {second}>>"$SLOTS/slot.$id.2"
    flock -n ${half:+--shared} "$slot" || fail conflict
    if [ -n "$half" ]; then
        flock -n "$first" || flock -n "$second" || fail conflict
    fi
done
note start
# One in ten outlives the engine that started it, and the start of the next one.
case $* in
*--x=0.9*) sleep 2 ;;
*) sleep "$SECONDS_EACH" ;;
esac
printf '{"checkpoint_path": "", "global_step": "1", "loss": "1", "timestamp": 1, "trial": "%s"}\n' \
    "$CLOUD_ML_TRIAL_ID" >"$CLOUD_ML_HP_METRIC_FILE"
note end
