#include "launcher/python/pip_words.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct pip_words words;

static void say(const char *const *lines, int status)
{
    words = (struct pip_words){ 0 };
    for (; *lines; lines++)
        pip_words_add(&words, *lines);
    words.status = status;
}

static void assert_reason(const char *expected)
{
    cr_assert(eq(str, (char *)pip_words_reason(&words), (char *)expected));
}

Test(pip_words, a_missing_dependency_is_named_first)
{
    const char *const lines[] = {
        "Processing /a/trainer-0.1.tar.gz",
        "ERROR: Could not find a version that satisfies the requirement nosuch (from trainer)",
        "ERROR: No matching distribution found for nosuch",
        NULL,
    };

    say(lines, 1);
    assert_reason("Could not find a version that satisfies the requirement nosuch (from trainer)");
    cr_assert(eq(int, pip_words_code(&words), ASSAY_NOT_FOUND));
}

Test(pip_words, of_a_build_that_fails_its_own_last_word_comes_first)
{
    const char *const lines[] = {
        "  error: subprocess-exited-with-error",
        "  ",
        "  \u00d7 python setup.py egg_info did not run successfully.",
        "  \u2502 exit code: 1",
        "  \u2570\u2500> [3 lines of output]",
        "      Traceback (most recent call last):",
        "        File \"setup.py\", line 1, in <module>",
        "      ValueError: no such thing",
        "      [end of output]",
        "  ",
        "  note: This error originates from a subprocess, and is likely not a problem with pip.",
        "error: metadata-generation-failed",
        NULL,
    };

    say(lines, 1);
    assert_reason("ValueError: no such thing");
}

Test(pip_words, what_pip_cannot_reach_may_be_there_another_time)
{
    const char *const lines[] = {
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'",
        "ERROR: No matching distribution found for numpy",
        NULL,
    };

    say(lines, 1);
    cr_assert(eq(int, pip_words_code(&words), ASSAY_UNAVAILABLE));
}

Test(pip_words, a_connection_that_held_at_the_next_try_excuses_nothing)
{
    const char *const lines[] = {
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'Read timed out'",
        "ERROR: No matching distribution found for nosuch",
        NULL,
    };
    const char *const last_moment[] = {
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'",
        "Collecting numpy",
        "ERROR: No matching distribution found for nosuch",
        NULL,
    };

    say(lines, 1);
    cr_expect(eq(int, pip_words_code(&words), ASSAY_NOT_FOUND));
    say(last_moment, 1);
    cr_expect(eq(int, pip_words_code(&words), ASSAY_NOT_FOUND));
}

Test(pip_words, of_an_exception_in_pip_itself_the_tracebacks_last_line_tells)
{
    const char *const lines[] = {
        "ERROR: Exception:",
        "Traceback (most recent call last):",
        "  File \"gzip.py\", line 507, in read",
        "EOFError: Compressed file ended before the end-of-stream marker was reached",
        NULL,
    };

    say(lines, 2);
    assert_reason("EOFError: Compressed file ended before the end-of-stream marker was reached");
}

Test(pip_words, a_full_disk_is_nobodys_fault)
{
    const char *const lines[] = {
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        NULL,
    };

    say(lines, 1);
    cr_assert(eq(int, pip_words_code(&words), ASSAY_UNAVAILABLE));
}

Test(pip_words, who_is_killed_has_no_say_in_it)
{
    const char *const lines[] = { NULL };

    say(lines, 137);
    cr_assert(eq(int, pip_words_code(&words), ASSAY_UNAVAILABLE));
    assert_reason("it was killed");
}

Test(pip_words, what_is_not_marked_as_an_error_speaks_last)
{
    const char *const lines[] = { "Processing /a/trainer-0.1.tar.gz", "Traceback", "KeyError: 'x'",
                                  "", NULL };

    say(lines, 2);
    assert_reason("KeyError: 'x'");
}

Test(pip_words, a_build_that_lacks_what_it_needs_says_what)
{
    const char *const lines[] = {
        "      ERROR: No matching distribution found for setuptools>=40.8.0",
        "      [end of output]",
        "ERROR: the last word of another",
        NULL,
    };

    say(lines, 1);
    assert_reason("No matching distribution found for setuptools>=40.8.0");
}

Test(pip_words, a_long_line_is_cut)
{
    char line[2000];

    words = (struct pip_words){ 0 };
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    pip_words_add(&words, line);
    cr_assert(eq(sz, strlen(pip_words_reason(&words)), PIP_LINE_TEXT - 1));
}
