#include "engine/data/row_time.h"

/* Where a text is being read. */
struct cursor {
    const char *at;
    const char *end;
};

/* Exactly count digits; -1: there is something else. */
static int take_digits(struct cursor *cursor, int count)
{
    int number = 0;

    if (cursor->end - cursor->at < count)
        return -1;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned char)*cursor->at++ - (unsigned)'0';

        if (digit > 9)
            return -1;
        number = number * 10 + (int)digit;
    }
    return number;
}

/* The byte, or its lower case. */
static bool take_char(struct cursor *cursor, char wanted)
{
    bool is_letter = wanted >= 'A' && wanted <= 'Z';

    if (cursor->at == cursor->end ||
        (*cursor->at != wanted && !(is_letter && *cursor->at == wanted + ('a' - 'A'))))
        return false;
    cursor->at++;
    return true;
}

/* Of up to nine digits behind a point, if there is one. */
static bool take_nanoseconds(struct cursor *cursor, int64_t *nanoseconds)
{
    int64_t unit = 1000000000;
    const char *begin = NULL;

    *nanoseconds = 0;
    if (!take_char(cursor, '.'))
        return true;
    begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' && unit > 1) {
        unit /= 10;
        *nanoseconds += (*cursor->at++ - '0') * unit;
    }
    return cursor->at > begin;
}

static bool take_offset(struct cursor *cursor, int64_t *seconds)
{
    bool is_west = cursor->at < cursor->end && *cursor->at == '-';
    int hours = 0;
    int minutes = 0;

    *seconds = 0;
    if (take_char(cursor, 'Z'))
        return true;
    if (!take_char(cursor, is_west ? '-' : '+'))
        return false;
    hours = take_digits(cursor, 2);
    if (!take_char(cursor, ':'))
        return false;
    minutes = take_digits(cursor, 2);
    *seconds = (is_west ? -60 : 60) * (int64_t)(hours * 60 + minutes);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

static int days_of(int year, int month)
{
    static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && is_leap);
}

/* Days since the first of March of the year 0, in the Gregorian calendar: years begin with March,
 * so that the leap day is their last; 153 days are five months from March on. */
static int64_t day_number(int year, int month, int day)
{
    int years = month > 2 ? year : year - 1;
    int months = month > 2 ? month - 3 : month + 9;

    return (int64_t)years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 +
           day - 1;
}

static bool take_day(struct cursor *cursor, int64_t *day)
{
    int year = take_digits(cursor, 4);
    int month = take_char(cursor, '-') ? take_digits(cursor, 2) : -1;
    int date = take_char(cursor, '-') ? take_digits(cursor, 2) : -1;

    if (year < 1 || month < 1 || month > 12 || date < 1 || date > days_of(year, month))
        return false;
    *day = day_number(year, month, date);
    return true;
}

static bool take_clock(struct cursor *cursor, int64_t *seconds)
{
    int hour = take_digits(cursor, 2);
    int minute = take_char(cursor, ':') ? take_digits(cursor, 2) : -1;
    int second = take_char(cursor, ':') ? take_digits(cursor, 2) : -1;

    *seconds = (hour * 60 + minute) * 60 + second;
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

/* 64 bits do not hold the nanoseconds of 10,000 years: those of the years in use, and of the others
 * tenths of microseconds. seconds: since the first of March of the year 0. */
static uint64_t sortable(int64_t seconds, int64_t nanoseconds)
{
    const int64_t day = INT64_C(24) * 60 * 60;
    const int64_t fine = day_number(1900, 1, 1) * day;
    const int64_t coarse = day_number(2200, 1, 1) * day;
    const uint64_t ticks = 10000000;
    const uint64_t nanos = 1000000000;

    if (seconds < fine)
        return 1 + (uint64_t)seconds * ticks + (uint64_t)nanoseconds / 100;
    if (seconds < coarse)
        return 1 + (uint64_t)fine * ticks + (uint64_t)(seconds - fine) * nanos +
               (uint64_t)nanoseconds;
    return 1 + (uint64_t)fine * ticks + (uint64_t)(coarse - fine) * nanos +
           (uint64_t)(seconds - coarse) * ticks + (uint64_t)nanoseconds / 100;
}

bool row_time_key(const char *text, size_t size, uint64_t *key)
{
    struct cursor cursor = { text, text + size };
    int64_t day = 0;
    int64_t clock = 0;
    int64_t nanoseconds = 0;
    int64_t offset = 0;

    if (!take_day(&cursor, &day) || !take_char(&cursor, 'T') || !take_clock(&cursor, &clock) ||
        !take_nanoseconds(&cursor, &nanoseconds) || !take_offset(&cursor, &offset) ||
        cursor.at != cursor.end)
        return false;
    *key = sortable(day * 24 * 60 * 60 + clock - offset, nanoseconds);
    return true;
}
