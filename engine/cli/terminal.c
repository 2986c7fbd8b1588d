#include "engine/cli/terminal.h"

#include "engine/cli/text.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80, COLUMNS_MIN = 20 };

bool terminal_is(FILE *out)
{
    int fd = fileno(out);

    return fd >= 0 && isatty(fd);
}

size_t terminal_columns(FILE *out)
{
    struct winsize size;
    int fd = fileno(out);

    if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_UNKNOWN;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

void terminal_write_line(FILE *out, const char *text, const char *indent)
{
    if (terminal_is(out))
        text_write_wrapped(out, text, terminal_columns(out), 0, indent);
    else
        (void)fputs(text, out);
    (void)fputc('\n', out);
}
