#include "engine/server/peer.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* A dead kernel module must not hold up a connection. */
enum { ANSWER_SECONDS = 2 };

/* As inet_diag wants it: an IPv4 address also where the socket speaks IPv6. */
static unsigned char put_address(const union address *address, __be32 words[4], __be16 *port)
{
    if (address->any.sa_family == AF_INET) {
        memcpy(words, &address->v4.sin_addr, sizeof address->v4.sin_addr);
        *port = address->v4.sin_port;
        return AF_INET;
    }
    *port = address->v6.sin6_port;
    if (IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr)) {
        memcpy(words, &address->v6.sin6_addr.s6_addr[12], sizeof words[0]);
        return AF_INET;
    }
    memcpy(words, &address->v6.sin6_addr, sizeof address->v6.sin6_addr);
    return AF_INET6;
}

static bool fill_request(int fd, struct inet_diag_req_v2 *request)
{
    union address here = { .any = { 0 } };
    union address there = { .any = { 0 } };
    socklen_t here_size = sizeof here;
    socklen_t there_size = sizeof there;

    if (getsockname(fd, &here.any, &here_size) != 0 ||
        getpeername(fd, &there.any, &there_size) != 0)
        return false;
    *request =
        (struct inet_diag_req_v2){ .sdiag_protocol = IPPROTO_TCP,
                                   .idiag_states = ~0U,
                                   .id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } };
    /* The peer's source is our destination. */
    request->sdiag_family = put_address(&there, request->id.idiag_src, &request->id.idiag_sport);
    return put_address(&here, request->id.idiag_dst, &request->id.idiag_dport) ==
           request->sdiag_family;
}

static bool send_request(int netlink, const struct inet_diag_req_v2 *request)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = { .header = { .nlmsg_len = sizeof message,
                              .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                              .nlmsg_flags = NLM_F_REQUEST },
                  .request = *request };

    return send(netlink, &message, sizeof message, 0) == (ssize_t)sizeof message;
}

/*
 * A socket without a process has no inode and reads as root's; one that listens or is in its last
 * minutes is not the one we talk to.
 */
static bool read_answer(int netlink, uid_t *uid)
{
    union {
        struct nlmsghdr header;
        char bytes[8192];
    } answer;
    struct inet_diag_msg found;
    ssize_t size = recv(netlink, &answer, sizeof answer, 0);

    if (size < (ssize_t)NLMSG_LENGTH(sizeof found) || !NLMSG_OK(&answer.header, (size_t)size) ||
        answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return false;
    memcpy(&found, NLMSG_DATA(&answer.header), sizeof found);
    *uid = found.idiag_uid;
    return found.idiag_inode != 0 &&
           (found.idiag_state == TCP_ESTABLISHED || found.idiag_state == TCP_FIN_WAIT1 ||
            found.idiag_state == TCP_FIN_WAIT2);
}

bool peer_uid(int fd, uid_t *uid)
{
    struct inet_diag_req_v2 request;
    struct timeval limit = { .tv_sec = ANSWER_SECONDS };
    bool is_known = false;
    int netlink = -1;

    if (!fill_request(fd, &request))
        return false;
    netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0)
        return false;
    is_known = setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
               send_request(netlink, &request) && read_answer(netlink, uid);
    (void)close(netlink);
    return is_known;
}
