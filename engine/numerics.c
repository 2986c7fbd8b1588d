#include "engine/numerics.h"

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <pthread.h>

static void set_up(void)
{
    openblas_set_num_threads(1);
    (void)gsl_set_error_handler_off(); /* its default ends the program */
}

void numerics_set_up(void)
{
    static pthread_once_t is_done = PTHREAD_ONCE_INIT;

    (void)pthread_once(&is_done, set_up);
}
