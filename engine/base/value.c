#include "assay/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { US_PER_S = 1000000, WORD_MAX = 64 };

/* The C locale as an object: strtod_l and snprintf under it heed no setlocale() of the host. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void c_locale_make(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t c_locale_get(void)
{
    (void)pthread_once(&c_locale_once, c_locale_make);
    return c_locale;
}

static double read_double(const char *text)
{
    return strtod_l(text, NULL, c_locale_get());
}

/* Some of a dozen in each trial that is written: snprintf() takes ten times as long. */
char *assay_integer_text(int64_t number, char text[ASSAY_NUMBER_TEXT])
{
    char digits[24];
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    size_t count = 0;
    char *to = text;

    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *to++ = '-';
    while (count > 0)
        *to++ = digits[--count];
    *to = '\0';
    return text;
}

char *assay_number_text(double number, char text[ASSAY_NUMBER_TEXT])
{
    locale_t before = (locale_t)0;

    if (isnan(number) || isinf(number)) {
        (void)snprintf(text, ASSAY_NUMBER_TEXT, "%s",
                       isnan(number) ? "NaN" : (number > 0 ? "Infinity" : "-Infinity"));
        return text;
    }
    if (fabs(number) <= ASSAY_INTEGER_MAX && number == floor(number))
        return assay_integer_text((int64_t)number, text);
    before = uselocale(c_locale_get());
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, ASSAY_NUMBER_TEXT, "%.*g", digits, number);
        if (digits == 17 || read_double(text) == number) /* 17 always do */
            break;
    }
    (void)uselocale(before);
    return text;
}

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(const char *text)
{
    const char *start = text + (*text == '-' || *text == '+');
    const char *at = skip_digits(start);
    size_t digits = (size_t)(at - start);

    if (*at == '.') {
        const char *end = skip_digits(at + 1);

        digits += (size_t)(end - (at + 1));
        at = end;
    }
    if (digits == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        if (skip_digits(at) == at)
            return false;
        at = skip_digits(at);
    }
    return *at == '\0';
}

bool assay_number_parse(const char *text, double *number)
{
    double value = 0;

    if (!is_decimal(text))
        return false;
    value = read_double(text);
    if (!isfinite(value))
        return false;
    *number = value;
    return true;
}

/* The power of 1024 that a unit stands for: 0 of "" and "B", 1 of "K", "Ki" and "KiB"; -1: none. */
static int size_power(const char *text)
{
    static const char letters[] = "KMGT";
    const char *letter = *text ? strchr(letters, *text) : NULL;

    if (*text == '\0' || strcmp(text, "B") == 0)
        return 0;
    if (!letter)
        return -1;
    text++;
    text += *text == 'i';
    text += *text == 'B';
    return *text ? -1 : (int)(letter - letters) + 1;
}

bool assay_size_parse(const char *text, int64_t *bytes)
{
    char digits[ASSAY_NUMBER_TEXT];
    size_t size = strspn(text, "0123456789.");
    int power = size_power(text + size);
    double number = 0;

    if (size >= sizeof digits || power < 0)
        return false;
    memcpy(digits, text, size);
    digits[size] = '\0';
    if (!assay_number_parse(digits, &number))
        return false;
    number = ldexp(number, 10 * power);
    if (!(number >= 0 && number < 0x1p63))
        return false;
    *bytes = (int64_t)number;
    return true;
}

bool assay_integer_parse(const char *text, int64_t *integer)
{
    char *end = NULL;
    long long value = 0;

    if (!(isdigit((unsigned char)text[0]) ||
          ((text[0] == '-' || text[0] == '+') && isdigit((unsigned char)text[1]))))
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end)
        return false;
    *integer = value;
    return true;
}

/* So many digits of a number that has no more, and what follows them; returns the end. */
static char *put_digits(char *to, int64_t number, int count, char next)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        to[i] = (char)('0' + number % 10);
    to[count] = next;
    return to + count + 1;
}

/* Prints micro (0 .. 999999) as ".5", ".250", … : nothing when 0, else 3 or 6 digits. */
static void fraction_text(int64_t micro, char text[8])
{
    text[0] = '.';
    if (micro && micro % 1000 == 0)
        (void)put_digits(text + 1, micro / 1000, 3, '\0');
    else if (micro)
        (void)put_digits(text + 1, micro, 6, '\0');
    else
        text[0] = '\0';
}

/* Of the years that have four digits. */
static void usual_time_text(const struct tm *parts, const char *fraction, char *to)
{
    to = put_digits(to, parts->tm_year + 1900, 4, '-');
    to = put_digits(to, parts->tm_mon + 1, 2, '-');
    to = put_digits(to, parts->tm_mday, 2, 'T');
    to = put_digits(to, parts->tm_hour, 2, ':');
    to = put_digits(to, parts->tm_min, 2, ':');
    to = put_digits(to, parts->tm_sec, 2, '\0') - 1;
    to = stpcpy(to, fraction);
    (void)stpcpy(to, "Z");
}

char *assay_time_text(int64_t wall_us, char text[ASSAY_TIME_TEXT])
{
    int64_t micro = wall_us % US_PER_S;
    time_t seconds = 0;
    struct tm parts = { 0 };
    char fraction[8];

    if (micro < 0)
        micro += US_PER_S;
    seconds = (time_t)((wall_us - micro) / US_PER_S);
    (void)gmtime_r(&seconds, &parts);
    fraction_text(micro, fraction);
    if (parts.tm_year >= -1900 && parts.tm_year < 10000 - 1900)
        usual_time_text(&parts, fraction, text);
    else
        (void)snprintf(text, ASSAY_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d%sZ",
                       parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                       parts.tm_min, parts.tm_sec, fraction);
    return text;
}

/* Exactly count digits, as a number; moves *text past them. */
static bool take_digits(const char **text, int count, int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *number = *number * 10 + (**text - '0');
    }
    return true;
}

/* An optional fraction of up to 9 digits, in microseconds (further digits are cut). */
static bool take_fraction(const char **text, int64_t *micro)
{
    int64_t unit = US_PER_S / 10;
    const char *start = *text + 1;

    *micro = 0;
    if (**text != '.')
        return true;
    for (++*text; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
        *micro += (**text - '0') * unit;
    return *text > start && *text - start <= 9;
}

static bool take_char(const char **text, char wanted)
{
    if (toupper((unsigned char)**text) != wanted)
        return false;
    ++*text;
    return true;
}

static bool take_offset(const char **text, int *minutes)
{
    int hours = 0;
    int rest = 0;
    int sign = **text == '-' ? -1 : 1;

    *minutes = 0;
    if (take_char(text, 'Z'))
        return true;
    if (**text != '+' && **text != '-')
        return false;
    ++*text;
    if (!take_digits(text, 2, &hours) || !take_char(text, ':') || !take_digits(text, 2, &rest))
        return false;
    *minutes = sign * (hours * 60 + rest);
    return hours < 24 && rest < 60;
}

bool assay_time_parse(const char *text, int64_t *wall_us)
{
    struct tm parts = { 0 };
    struct tm back = { 0 };
    int year = 0;
    int month = 0;
    int offset = 0;
    int64_t micro = 0;
    time_t seconds = 0;

    if (!take_digits(&text, 4, &year) || !take_char(&text, '-') || !take_digits(&text, 2, &month) ||
        !take_char(&text, '-') || !take_digits(&text, 2, &parts.tm_mday) ||
        !take_char(&text, 'T') || !take_digits(&text, 2, &parts.tm_hour) ||
        !take_char(&text, ':') || !take_digits(&text, 2, &parts.tm_min) || !take_char(&text, ':') ||
        !take_digits(&text, 2, &parts.tm_sec) || !take_fraction(&text, &micro) ||
        !take_offset(&text, &offset) || *text || year < 1)
        return false;
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    back = parts;
    seconds = timegm(&back); /* normalises; a date that moved was none */
    if (back.tm_mon != parts.tm_mon || back.tm_mday != parts.tm_mday ||
        back.tm_hour != parts.tm_hour || back.tm_min != parts.tm_min || back.tm_sec != parts.tm_sec)
        return false;
    *wall_us = ((int64_t)seconds - (int64_t)offset * 60) * US_PER_S + micro;
    return true;
}

char *assay_duration_text(int64_t duration_us, char text[ASSAY_TIME_TEXT])
{
    uint64_t size = duration_us < 0 ? -(uint64_t)duration_us : (uint64_t)duration_us;
    char fraction[8];

    fraction_text((int64_t)(size % US_PER_S), fraction);
    (void)snprintf(text, ASSAY_TIME_TEXT, "%s%" PRIu64 "%ss", duration_us < 0 ? "-" : "",
                   size / US_PER_S, fraction);
    return text;
}

bool assay_duration_parse(const char *text, int64_t *duration_us)
{
    /* proto's Duration ends at about 10,000 years. */
    static const int64_t seconds_max = INT64_C(315576000000);
    bool is_negative = *text == '-';
    int64_t seconds = 0;
    int64_t micro = 0;
    const char *at = text + is_negative;

    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        seconds = seconds * 10 + (*at - '0');
        if (seconds > seconds_max)
            return false;
    }
    if (!take_fraction(&at, &micro) || at[0] != 's' || at[1])
        return false;
    *duration_us = seconds * US_PER_S + micro;
    if (is_negative)
        *duration_us = -*duration_us;
    return true;
}

/* Levenshtein's distance without regard to case; one row of the table at a time. */
static size_t edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t row[WORD_MAX + 1];

    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            bool is_same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = diagonal + !is_same;

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

const char *assay_nearest_word(const char *word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t size = strlen(word);
    size_t best = size / 3 > 1 ? size / 3 : 1;

    if (size == 0 || size > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(words[i]);
        size_t distance = 0;

        if (other > WORD_MAX)
            continue;
        distance = edit_distance(word, size, words[i], other);
        if (distance < best || (distance == best && !nearest)) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
