#include "engine/spec/yaml_scalar.h"

#include "assay/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum scalar_type {
    SCALAR_TEXT,
    SCALAR_NULL,
    SCALAR_TRUE,
    SCALAR_FALSE,
    SCALAR_DECIMAL,
    SCALAR_OCTAL,
    SCALAR_HEX,
    SCALAR_FLOAT,
    SCALAR_INFINITY,
    SCALAR_NAN,
};

static const struct {
    const char *text;
    enum scalar_type type;
} scalar_words[] = {
    { "", SCALAR_NULL },          { "~", SCALAR_NULL },         { "null", SCALAR_NULL },
    { "Null", SCALAR_NULL },      { "NULL", SCALAR_NULL },      { "true", SCALAR_TRUE },
    { "True", SCALAR_TRUE },      { "TRUE", SCALAR_TRUE },      { "false", SCALAR_FALSE },
    { "False", SCALAR_FALSE },    { "FALSE", SCALAR_FALSE },    { ".nan", SCALAR_NAN },
    { ".NaN", SCALAR_NAN },       { ".NAN", SCALAR_NAN },       { ".inf", SCALAR_INFINITY },
    { ".Inf", SCALAR_INFINITY },  { ".INF", SCALAR_INFINITY },  { "+.inf", SCALAR_INFINITY },
    { "+.Inf", SCALAR_INFINITY }, { "+.INF", SCALAR_INFINITY }, { "-.inf", SCALAR_INFINITY },
    { "-.Inf", SCALAR_INFINITY }, { "-.INF", SCALAR_INFINITY },
};

/* All of text, and at least one character, out of set. */
static bool is_made_of(const char *text, const char *set)
{
    return *text && text[strspn(text, set)] == '\0';
}

/* [-+]? ( .digits | digits [. digits?] ) ( [eE] [-+]? digits )? */
static bool is_float(const char *text)
{
    static const char digits[] = "0123456789";
    const char *at = text + (*text == '-' || *text == '+');
    size_t whole = strspn(at, digits);
    size_t fraction = 0;

    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, digits);
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        return is_made_of(at, digits);
    }
    return *at == '\0';
}

static enum scalar_type scalar_type(const char *text)
{
    for (size_t i = 0; i < sizeof scalar_words / sizeof scalar_words[0]; i++) {
        if (strcmp(text, scalar_words[i].text) == 0)
            return scalar_words[i].type;
    }
    if (is_made_of(text + (*text == '-' || *text == '+'), "0123456789"))
        return SCALAR_DECIMAL;
    if (strncmp(text, "0o", 2) == 0 && is_made_of(text + 2, "01234567"))
        return SCALAR_OCTAL;
    if (strncmp(text, "0x", 2) == 0 && is_made_of(text + 2, "0123456789abcdefABCDEF"))
        return SCALAR_HEX;
    return is_float(text) ? SCALAR_FLOAT : SCALAR_TEXT;
}

/* Short names of the tags, with the types that each admits (a bit each). */
static const struct {
    const char *name;
    unsigned types;
} scalar_tags[] = {
    { "null", 1U << SCALAR_NULL },
    { "bool", 1U << SCALAR_TRUE | 1U << SCALAR_FALSE },
    { "int", 1U << SCALAR_DECIMAL | 1U << SCALAR_OCTAL | 1U << SCALAR_HEX },
    { "float",
      1U << SCALAR_DECIMAL | 1U << SCALAR_FLOAT | 1U << SCALAR_INFINITY | 1U << SCALAR_NAN },
};

/* The type that an explicit tag makes of text. */
static bool tagged_type(const char *text, const char *tag, enum scalar_type *type,
                        struct assay_error *err)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *name = tag;

    if (strncmp(tag, prefix, sizeof prefix - 1) == 0)
        name = tag + sizeof prefix - 1;
    *type = SCALAR_TEXT;
    if (name != tag && strcmp(name, "str") == 0)
        return true;
    *type = scalar_type(text);
    for (size_t i = 0; name != tag && i < sizeof scalar_tags / sizeof scalar_tags[0]; i++) {
        if (strcmp(name, scalar_tags[i].name) != 0)
            continue;
        if (scalar_tags[i].types >> *type & 1)
            return true;
        return assay_fail(err, ASSAY_INVALID, NULL, "\"%.40s\" is not what its tag !!%s says", text,
                          name);
    }
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "the tag %.80s is not supported; known are !!str, !!int, !!float, !!bool and "
                      "!!null",
                      tag);
}

static cJSON *octal_or_hex(const char *digits, int base, struct assay_error *err)
{
    char text[32];
    uintmax_t value = 0;

    errno = 0;
    value = strtoumax(digits, NULL, base);
    if (errno || value > UINT64_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the number 0%c%.40s is larger than 64 bits",
                         base == 8 ? 'o' : 'x', digits);
        return NULL;
    }
    if ((double)value < ASSAY_INTEGER_MAX)
        return cJSON_CreateNumber((double)value);
    (void)snprintf(text, sizeof text, "%ju", value);
    return cJSON_CreateString(text);
}

/* Decimal digits, with a point and an exponent or without. */
static cJSON *number(const char *text, bool is_whole, struct assay_error *err)
{
    double value = 0;
    bool is_finite = assay_number_parse(text, &value);

    if (is_whole && (!is_finite || fabs(value) >= ASSAY_INTEGER_MAX))
        return cJSON_CreateString(text + (*text == '+'));
    if (is_finite)
        return cJSON_CreateNumber(value);
    (void)assay_fail(err, ASSAY_INVALID, NULL, "the number %.40s is too large for a double", text);
    return NULL;
}

static cJSON *create(const char *text, enum scalar_type type, struct assay_error *err)
{
    switch (type) {
    case SCALAR_NULL:
        return cJSON_CreateNull();
    case SCALAR_TRUE:
    case SCALAR_FALSE:
        return cJSON_CreateBool(type == SCALAR_TRUE);
    case SCALAR_DECIMAL:
    case SCALAR_FLOAT:
        return number(text, type == SCALAR_DECIMAL, err);
    case SCALAR_OCTAL:
    case SCALAR_HEX:
        return octal_or_hex(text + 2, type == SCALAR_OCTAL ? 8 : 16, err);
    case SCALAR_INFINITY:
        return cJSON_CreateString(*text == '-' ? "-Infinity" : "Infinity");
    case SCALAR_NAN:
        return cJSON_CreateString("NaN");
    case SCALAR_TEXT:
        break;
    }
    return cJSON_CreateString(text);
}

cJSON *yaml_scalar(const char *text, const char *tag, bool is_plain, struct assay_error *err)
{
    enum scalar_type type = is_plain ? scalar_type(text) : SCALAR_TEXT;
    cJSON *node = NULL;

    err->code = ASSAY_OK;
    if (tag && !tagged_type(text, tag, &type, err))
        return NULL;
    node = create(text, type, err);
    if (node)
        json_set_line(node, 0); /* cJSON leaves the number's integer copy there */
    else if (err->code == ASSAY_OK)
        (void)assay_fail_memory(err);
    return node;
}
