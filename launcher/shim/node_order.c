#include "launcher/shim/node_order.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define NODE_ORDER_FORMAT "assay-node 1"

int node_order_write(const char *dir, const struct node_order *order)
{
    char text[RECORD_TEXT_MAX];
    int size =
        snprintf(text, sizeof text,
                 NODE_ORDER_FORMAT "\ntag %s\nindex %" PRId64 "\ncount %" PRId64
                                   "\ngang_dir %s\nlease_path %s\nlease_us %" PRId64 "\nend\n",
                 order->tag, order->index, order->count, order->gang_dir, order->lease_path,
                 order->lease_us);

    if (size < 0 || (size_t)size >= sizeof text)
        return EMSGSIZE;
    return record_file_write(dir, NODE_ORDER_NAME, text, (size_t)size, false);
}

int node_order_read(const char *dir, struct node_order *order)
{
    char text[RECORD_TEXT_MAX];
    int error = record_file_read(dir, NODE_ORDER_NAME, NODE_ORDER_FORMAT, text);

    if (error)
        return error;
    if (!record_file_text(text, "tag", order->tag, sizeof order->tag) ||
        !record_file_number(text, "index", &order->index) ||
        !record_file_number(text, "count", &order->count) ||
        !record_file_text(text, "gang_dir", order->gang_dir, sizeof order->gang_dir) ||
        !record_file_text(text, "lease_path", order->lease_path, sizeof order->lease_path) ||
        !record_file_number(text, "lease_us", &order->lease_us) || order->index < 0 ||
        order->index >= order->count)
        return EBADMSG;
    return 0;
}

void node_refresh(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        (void)close(fd);
}
