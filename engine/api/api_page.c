/* What lists have in common, and answers that say nothing. */

#include "engine/api/api_private.h"

bool api_page_read(const struct api_call *call, int default_size, struct api_page *page,
                   struct assay_error *err)
{
    char word[PAGE_TOKEN_TEXT + 16] = "";

    (void)api_query(call, "pageSize", word, sizeof word);
    if (!page_size_read(word, default_size, &page->size, err))
        return false;
    word[0] = '\0';
    (void)api_query(call, "pageToken", word, sizeof word);
    return page_token_read(word, &page->request, &page->position, err);
}

void api_page_write_next(struct api_call *call, const struct api_page *page,
                         const struct page_position *position)
{
    char token[PAGE_TOKEN_TEXT];

    json_key(&call->json, "nextPageToken");
    json_string(&call->json, page_token_write(&page->request, position, token));
}

bool api_write_empty(struct api_call *call)
{
    json_begin_object(&call->json);
    json_end_object(&call->json);
    return true;
}
