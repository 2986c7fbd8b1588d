#include "engine/reserved.h"

#include "assay.h"

bool reserved_check(void *const *places, size_t count, struct assay_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (places[i])
            return assay_fail(err, ASSAY_INVALID, "reserved",
                              "is not zero: this is libassay %s, which has no such option",
                              ASSAY_VERSION);
    return true;
}
