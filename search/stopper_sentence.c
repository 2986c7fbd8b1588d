#include "search/stopper.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A sentence under way; what does not fit is cut. */
struct sentence {
    char *text;
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *s, const char *fmt, ...)
{
    size_t room = STOPPER_SENTENCE_MAX - s->used;
    va_list args;
    int size = 0;

    va_start(args, fmt);
    size = vsnprintf(s->text + s->used, room, fmt, args);
    va_end(args);
    if (size > 0)
        s->used += (size_t)size < room ? (size_t)size : room - 1;
}

static void say_where(struct sentence *s, const struct stopper_verdict *v, double position)
{
    if (v->is_elapsed)
        say(s, "%.6g s", position);
    else
        say(s, "step %.10g", position);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static const char *worse(const struct stopper_verdict *v)
{
    return v->is_maximized ? "below" : "above";
}

static void say_median(struct sentence *s, const struct stopper_verdict *v)
{
    say(s,
        "its best value so far, %.6g, is %s %.6g, the median of the running averages of %" PRIu64
        " completed trials up to there",
        v->value, v->should_stop ? worse(v) : "not worse than", v->bar, v->trial_count);
}

static void say_decay(struct sentence *s, const struct stopper_verdict *v)
{
    say(s,
        "%" PRIu64 " completed trials make a final value of %.6g ± %.2g likely, and the chance "
        "to beat the best one, %.6g, is %.2g %%",
        v->trial_count, v->mean, v->deviation, v->bar, 100 * v->chance);
    if (v->why == STOPPER_WHY_UNCONFIRMED)
        say(s, "; the next measurement has to confirm it");
}

static void say_convex(struct sentence *s, const struct stopper_verdict *v)
{
    say(s, "with its latest slope it would come to %.6g at ", v->estimate);
    say_where(s, v, v->end);
    say(s, ", which is %s %.6g, the best of %" PRIu64 " completed trials",
        v->should_stop ? worse(v) : "not worse than", v->bar, v->trial_count);
    if (v->should_stop)
        say(s, "; its final value there is predicted to be %.6g", v->final_value);
}

static void say_halving(struct sentence *s, const struct stopper_verdict *v)
{
    say(s, "with %.6g it ranks %" PRIu64 " among the %" PRIu64 " trial%s that came to the rung at ",
        v->value, v->rank, v->trial_count, plural(v->trial_count));
    say_where(s, v, v->rung);
    say(s, ", of which the best %" PRIu64 " go on", v->kept_count);
}

static void say_judgement(struct sentence *s, const struct stopper_verdict *v)
{
    switch (v->kind) {
    case STOPPER_MEDIAN:
        say_median(s, v);
        break;
    case STOPPER_DECAY_CURVE:
        say_decay(s, v);
        break;
    case STOPPER_CONVEX:
        say_convex(s, v);
        break;
    case STOPPER_HALVING:
        if (v->rank > 0)
            say_halving(s, v);
        else
            say(s, "it was stopped before");
        break;
    }
}

static void say_why(struct sentence *s, const struct stopper_verdict *v)
{
    switch (v->why) {
    case STOPPER_WHY_EARLY:
        say(s, "it is too early to judge");
        break;
    case STOPPER_WHY_FEW:
        say(s, "%" PRIu64 " completed trial%s are too few to judge by", v->trial_count,
            plural(v->trial_count));
        break;
    case STOPPER_WHY_FLAT:
        say(s, "its newest values are all the same, and without a slope nothing is predicted");
        break;
    case STOPPER_WHY_LATE:
        say(s, "it is at its end, where stopping saves nothing");
        break;
    case STOPPER_WHY_LEADING:
        say(s, "it is as good as the best of the completed trials was there");
        break;
    case STOPPER_WHY_BETWEEN_RUNGS:
        say(s, "it has come to no new rung");
        break;
    case STOPPER_WHY_GOOD:
    case STOPPER_WHY_UNCONFIRMED:
    case STOPPER_WHY_HOPELESS:
        say_judgement(s, v);
        break;
    }
}

char *stopper_sentence(const struct stopper_verdict *verdict, char text[STOPPER_SENTENCE_MAX])
{
    struct sentence s = { .text = text };

    if (verdict->position == verdict->position) { /* NaN: nothing was measured yet */
        say(&s, verdict->should_stop ? "stopped at " : "goes on at ");
        say_where(&s, verdict, verdict->position);
    } else {
        say(&s, "goes on");
    }
    say(&s, ": ");
    say_why(&s, verdict);
    return text;
}
