/* An SMTP sink that takes everything, and the barest client that fills it: the floor of handing over mail.

   smtp sink [pipelining]            listens on a free loopback port, which it prints
   smtp client PORT COUNT FILE       hands the mail in FILE (final dot and all) over COUNT times on one line:
                                     the envelope in one write, the text in the next */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };
static char in[ROOM], out[ROOM];
static const char END[] = "\r\n.\r\n";

static int loopback(int port, struct sockaddr_in *at) {
    int line = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    memset(at, 0, sizeof *at);
    at->sin_family = AF_INET;
    at->sin_port = htons(port);
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return line;
}

static void all(int line, const char *bytes, size_t many) {
    while (many > 0) {
        ssize_t went = write(line, bytes, many);
        if (went <= 0) exit(1);
        bytes += went;
        many -= went;
    }
}

static const char *answer(const char *verb, const char *hello, int *text) {
    if (!strncasecmp(verb, "EHLO", 4)) return hello;
    if (!strncasecmp(verb, "DATA", 4)) return *text = 1, "354 go on\r\n";
    return strncasecmp(verb, "QUIT", 4) ? "250 2.0.0 OK\r\n" : "221 bye\r\n";
}

static void serve(int line, const char *hello) {
    size_t kept = 0;
    int text = 0;
    all(line, "220 here\r\n", 10);
    for (;;) {
        ssize_t came = read(line, in + kept, ROOM - kept);
        if (came <= 0) return;
        size_t begin = 0, end = kept + came, said = 0;
        for (;;) {
            char *found = memmem(in + begin, end - begin, text ? END : "\r\n", text ? 5 : 2);
            if (!found) break;
            const char *reply = text ? (text = 0, found += 3, "250 2.0.0 OK\r\n") : answer(in + begin, hello, &text);
            begin = found - in + 2;
            said = stpcpy(out + said, reply) - out;
        }
        all(line, out, said);
        memmove(in, in + begin, kept = end - begin);
    }
}

static int sink(int pipelining) {
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    int door = loopback(0, &at), on = 1;
    if (bind(door, (struct sockaddr *)&at, size) || listen(door, 16)) return 1;
    getsockname(door, (struct sockaddr *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        int line = accept(door, NULL, NULL);
        setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        serve(line, pipelining ? "250-here\r\n250 PIPELINING\r\n" : "250 here\r\n");
        close(line);
    }
}

static void replies(int line, int wanted) {
    while (wanted > 0) {
        ssize_t came = read(line, in, ROOM);
        if (came <= 0) exit(1);
        for (char *at = in; (at = memchr(at, '\n', in + came - at)); at++) wanted--;
    }
}

static int client(int port, int count, const char *path) {
    static const char envelope[] = "MAIL FROM:<post@riverside.example>\r\nRCPT TO:<ana@patients.example>\r\nDATA\r\n";
    struct sockaddr_in at;
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(out, 1, ROOM, file) : 0;
    int line = loopback(port, &at);
    if (!size || connect(line, (struct sockaddr *)&at, sizeof at)) return 1;
    replies(line, 1);
    all(line, "EHLO floor\r\n", 12);
    replies(line, 2);
    while (count--) {
        all(line, envelope, sizeof envelope - 1);
        replies(line, 3);
        all(line, out, size);
        replies(line, 1);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "sink")) return sink(argc > 2);
    return argc == 5 ? client(atoi(argv[2]), atoi(argv[3]), argv[4]) : 2;
}
