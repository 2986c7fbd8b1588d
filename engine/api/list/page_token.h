/*
 * engine/api/list/page_token.h - pages of a list: the token that says where the next one begins,
 * and how long it may be.
 *
 * A page begins after a position in the list's order, never at a count of items, so that pages stay
 * right while items are added and deleted. The token carries the position and a hash of what is
 * listed; it is opaque, fit for a URL as it is, and no secret: whoever makes one up gets a page
 * that they could have asked for. Pure functions.
 */
#ifndef ENGINE_API_LIST_PAGE_TOKEN_H
#define ENGINE_API_LIST_PAGE_TOKEN_H

#include "assay/error.h"

#include <stdint.h>

enum {
    PAGE_TOKEN_TEXT = 45, /* with the terminating zero */
    PAGE_SIZE_DEFAULT = 100,
    PAGE_SIZE_TRIALS = 1000, /* the default of trials: some clients read one page only */
    PAGE_SIZE_MAX = 1000,
};

/* What must be the same from page to page. NULL is "". */
struct page_request {
    const char *collection; /* "customJobs" */
    const char *parent;     /* in one spelling, where a project has an id and a number */
    const char *filter;
    const char *order_by;
};

/* The last item of the page before: the next page begins after it. */
struct page_position {
    int64_t key; /* what the list is ordered by: a time, a number */
    int64_t id;  /* tells items of the same key apart; 0 where the key does */
};

/* Returns text. */
char *page_token_write(const struct page_request *request, const struct page_position *position,
                       char text[PAGE_TOKEN_TEXT]);

/*
 * The position in a token; without one (text NULL or "") *position stays as it is. ASSAY_INVALID,
 * field "page_token", for what is no token and for one of another request.
 */
bool page_token_read(const char *text, const struct page_request *request,
                     struct page_position *position, struct assay_error *err);

/*
 * The page's length from the request's word: default_size where it is absent (NULL, "" or 0),
 * PAGE_SIZE_MAX where it is more. ASSAY_INVALID, field "page_size", for what is no int32 from 0.
 */
bool page_size_read(const char *text, int default_size, int *size, struct assay_error *err);

#endif
