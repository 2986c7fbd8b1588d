#include "launcher/places/place_queue.h"
#include "launcher/places/places_private.h"
#include "launcher/places/sentence.h"

#include <inttypes.h>
#include <stdio.h>

static int64_t amount_of(const struct amount *amount, int kind)
{
    if (kind == LACKS_GPUS)
        return amount->gpus;
    return kind == LACKS_CPUS ? amount->cpus : amount->memory;
}

/* "3", "0.5", "12 GiB" */
static const char *amount_text(int64_t amount, int kind, char text[MACHINE_MEMORY_TEXT])
{
    if (kind == LACKS_MEMORY)
        return machine_memory_text(amount, text);
    (void)snprintf(text, MACHINE_MEMORY_TEXT, "%g", (double)amount / (double)PLACE_UNIT);
    return text;
}

/* The job that holds most of a kind, of those that come after the last one: less, or a higher
 * number. NULL: no more. */
static const struct account *next_holder(const struct places *places, int kind,
                                         const struct account *last)
{
    const struct account *account = NULL;
    const struct account *best = NULL;

    LIST_FOREACH(account, &places->accounts, in_places)
    {
        int64_t held = amount_of(&account->held, kind);
        int64_t most = best ? amount_of(&best->held, kind) : 0;
        int64_t past = last ? amount_of(&last->held, kind) : INT64_MAX;

        if (held <= 0 || held > past || (last && held == past && account->job <= last->job))
            continue;
        if (held > most || (held == most && account->job < best->job))
            best = account;
    }
    return best;
}

/* "; job 12 holds 3, this job 1 and others the rest" */
static void say_holders(struct sentence *sentence, const struct grant *grant, int kind)
{
    enum { NAMED_MAX = 3 };
    const struct account *holder = NULL;
    char amount[MACHINE_MEMORY_TEXT];

    for (int i = 0; i < NAMED_MAX; i++) {
        holder = next_holder(grant->places, kind, holder);
        if (!holder)
            return;
        if (holder == grant->account)
            sentence_add(sentence, "%sthis job", i == 0 ? "; " : ", ");
        else
            sentence_add(sentence, "%sjob %" PRId64, i == 0 ? "; " : ", ", holder->job);
        sentence_add(sentence, "%s%s", i == 0 ? " holds " : " ",
                     amount_text(amount_of(&holder->held, kind), kind, amount));
    }
    if (next_holder(grant->places, kind, holder))
        sentence_add(sentence, ", others the rest");
}

/* "none of 4 is free", "1 of 4 is free", "2 of 4 are free" */
static void say_free(struct sentence *sentence, int free_count, int count)
{
    if (free_count <= 0)
        sentence_add(sentence, "none of %d is free", count);
    else
        sentence_add(sentence, "%d of %d %s free", free_count, count,
                     free_count == 1 ? "is" : "are");
}

/* The most that is left of one GPU. */
static int64_t largest_rest(const struct places *places)
{
    int64_t largest = 0;

    for (int i = 0; i < places->machine.gpu_count; i++)
        if (PLACE_UNIT - places->used[i] > largest)
            largest = PLACE_UNIT - places->used[i];
    return largest;
}

static void say_gpus(struct sentence *sentence, const struct grant *grant)
{
    const struct places *places = grant->places;
    int64_t wanted = grant->wanted.gpus;

    if (wanted < PLACE_UNIT) {
        sentence_add(sentence, "waits for %g of a GPU: ", (double)wanted / (double)PLACE_UNIT);
        sentence_add(sentence, "at most %g of one is free",
                     (double)largest_rest(places) / (double)PLACE_UNIT);
        return;
    }
    sentence_add(sentence, "waits for %g GPU%s: ", (double)wanted / (double)PLACE_UNIT,
                 wanted == PLACE_UNIT ? "" : "s");
    say_free(sentence, places_free_now(places).gpus, places->machine.gpu_count);
}

static void say_lack(struct sentence *sentence, const struct grant *grant, int kind)
{
    const struct places *places = grant->places;
    int64_t wanted = amount_of(&grant->wanted, kind);
    int64_t total = amount_of(&places->total, kind);
    int64_t left = total - amount_of(&places->held, kind);
    char texts[3][MACHINE_MEMORY_TEXT];

    if (kind == LACKS_GPUS) {
        say_gpus(sentence, grant);
    } else {
        sentence_add(sentence, "waits for %s%s: ", amount_text(wanted, kind, texts[0]),
                     kind == LACKS_MEMORY ? " of memory"
                                          : (wanted == PLACE_UNIT ? " CPU" : " CPUs"));
        sentence_add(sentence, "%s of %s %s free", amount_text(left > 0 ? left : 0, kind, texts[1]),
                     amount_text(total, kind, texts[2]),
                     kind == LACKS_MEMORY || left == PLACE_UNIT ? "is" : "are");
    }
    say_holders(sentence, grant, kind);
}

/* It would fit, but others come first. */
static void say_turn(struct sentence *sentence, const struct place_queue *queue,
                     const struct grant *grant)
{
    const struct account *account = NULL;

    if (queue->reserved && queue->reserved != grant) {
        sentence_add(sentence, "waits for its turn: the machine is reserved for job %" PRId64,
                     grant_job(queue->reserved));
        return;
    }
    if (TAILQ_FIRST(&grant->account->waiting) != grant) {
        sentence_add(sentence, "waits for its turn: others of its job are older");
        return;
    }
    TAILQ_FOREACH(account, &queue->accounts, in_queue)
    if (account != grant->account && account_goes_before(queue->places, account, grant->account)) {
        sentence_add(sentence, "waits for its turn: it is job %" PRId64 "'s", account->job);
        return;
    }
    sentence_add(sentence, "is next");
}

const char *place_queue_why(const struct place_queue *queue, const struct grant *grant, char *text,
                            size_t size)
{
    struct sentence sentence = { text, size, 0 };
    int lacks = 0;

    text[0] = '\0';
    if (grant->queue != queue)
        return text;
    lacks = place_lacks(grant);
    if (lacks & LACKS_GPUS)
        say_lack(&sentence, grant, LACKS_GPUS);
    else if (lacks & LACKS_CPUS)
        say_lack(&sentence, grant, LACKS_CPUS);
    else if (lacks & LACKS_MEMORY)
        say_lack(&sentence, grant, LACKS_MEMORY);
    else
        say_turn(&sentence, queue, grant);
    if (queue->reserved == grant)
        sentence_add(&sentence, "; the machine is reserved for it");
    return text;
}
