// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Traffic that Python cannot make: io_uring, and processes that live less than Python takes to start.
 *
 *   generator uring HOST PORT BYTES      connect and send through a ring
 *   generator polled HOST PORT BYTES     likewise, a kernel thread doing the system calls (SQPOLL)
 *   generator serve ADDRESS PORT N       accept (without an address) and receive through a ring
 *   generator short HOST PORT N          N children one after another, each with one connection
 *
 * Prints the truth as generators.py does; ``short`` also says how long each child lived, in ns.
 * Only IPv4; built with: gcc -O2 generator.c -o generator -luring
 */
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char block[65536];

static void fail(const char *what, int result)
{
	fprintf(stderr, "%s: %s\n", what, strerror(result < 0 ? -result : result));
	exit(1);
}

static struct sockaddr_in address(char **words)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(words[1])) };

	inet_pton(AF_INET, words[0], &to.sin_addr);
	return to;
}

static int port_of(int ours)
{
	struct sockaddr_in here = {};
	socklen_t size = sizeof here;

	getsockname(ours, (struct sockaddr *)&here, &size);
	return ntohs(here.sin_port);
}

static void say(int port, long sent, long lived)
{
	printf("{\"pid\": %d, \"port\": %d, \"sent\": %ld, \"lived\": %ld}\n", getpid(), port, sent, lived);
	fflush(stdout);
}

static int done(struct io_uring *ring, const char *what)
{
	struct io_uring_cqe *cqe;
	int result;

	io_uring_submit(ring);
	if ((result = io_uring_wait_cqe(ring, &cqe)) < 0)
		fail(what, result);
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	if (result < 0)
		fail(what, result);
	return result;
}

static int sending(char **words, unsigned flags)
{
	struct sockaddr_in to = address(words);
	struct io_uring ring;
	long size = atol(words[2]), left = size;
	int ours = socket(AF_INET, SOCK_STREAM, 0), result;

	if ((result = io_uring_queue_init(8, &ring, flags)) < 0)
		fail("io_uring", result);
	io_uring_prep_connect(io_uring_get_sqe(&ring), ours, (struct sockaddr *)&to, sizeof to);
	done(&ring, "connect");
	while (left > 0) {
		io_uring_prep_send(io_uring_get_sqe(&ring), ours, block,
				   left < (long)sizeof block ? left : (long)sizeof block, 0);
		left -= done(&ring, "send");
	}
	say(port_of(ours), size, 0);
	shutdown(ours, SHUT_WR);
	io_uring_prep_recv(io_uring_get_sqe(&ring), ours, block, sizeof block, 0);
	done(&ring, "recv");
	return 0;
}

static int serving(char **words)
{
	struct sockaddr_in at = address(words);
	struct io_uring ring;
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, ours, result;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 64))
		fail("listen", 1);
	if ((result = io_uring_queue_init(8, &ring, 0)) < 0)
		fail("io_uring", result);
	say(atoi(words[1]), 0, 0);
	for (int number = atoi(words[2]); number > 0; number--) {
		io_uring_prep_accept(io_uring_get_sqe(&ring), listener, NULL, NULL, 0);
		ours = done(&ring, "accept");
		do
			io_uring_prep_recv(io_uring_get_sqe(&ring), ours, block, sizeof block, 0);
		while (done(&ring, "recv") > 0);
		close(ours);
	}
	return 0;
}

static long now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000L + at.tv_nsec;
}

static int brief(char **words)
{
	struct sockaddr_in to = address(words);

	for (int number = atoi(words[2]); number > 0; number--) {
		if (fork() == 0) {
			long born = now();
			int ours = socket(AF_INET, SOCK_STREAM, 0);

			if (connect(ours, (struct sockaddr *)&to, sizeof to))
				_exit(1);
			if (write(ours, "x", 1) != 1)
				_exit(1);
			say(port_of(ours), 1, now() - born);
			_exit(0);
		}
		wait(NULL);
	}
	return 0;
}

int main(int count, char **words)
{
	if (count != 5)
		fail("usage: generator KIND HOST PORT NUMBER", 22);
	if (!strcmp(words[1], "uring"))
		return sending(words + 2, 0);
	if (!strcmp(words[1], "polled"))
		return sending(words + 2, IORING_SETUP_SQPOLL);
	if (!strcmp(words[1], "serve"))
		return serving(words + 2);
	return brief(words + 2);
}
