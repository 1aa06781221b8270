// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: what a command waits for, on the standard error if that is a
 * terminal: one line after each second, which goes when the command goes on.
 *
 * A command waits in the library, so the line comes from a signal handler,
 * which writes a text that was made before.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>
#include "kddmctl.h"

static char text[120];
static int seconds;		/* also the handler's */
static bool running;

/* Nothing but write(), as it has to be in a handler. */
static void put(const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, s, len);

		if (n <= 0)
			return;
		s += n;
		len -= n;
	}
}

static void tick(int signal)
{
	char digits[24], *d = digits + sizeof(digits);
	int left = __atomic_add_fetch(&seconds, 1, __ATOMIC_RELAXED);

	(void)signal;
	*--d = 's';
	*--d = ' ';
	for (; left; left /= 10)
		*--d = '0' + left % 10;
	put("\r\033[K", 4);
	put(text, strlen(text));
	put(d, digits + sizeof(digits) - d);
}

static void set_timer(long period)
{
	struct itimerval it = { { period, 0 }, { period, 0 } };

	setitimer(ITIMER_REAL, &it, NULL);
}

void progress_start(const struct ctl *ctl)
{
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };

	if (running || !isatty(STDERR_FILENO))
		return;
	running = true;
	__atomic_store_n(&seconds, 0, __ATOMIC_RELAXED);
	snprintf(text, sizeof(text), "%s ... ", ctl->command);
	sigaction(SIGALRM, &sa, NULL);
	set_timer(1);
}

void progress_note(const char *format, ...)
{
	sigset_t mask, old;
	va_list ap;

	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_BLOCK, &mask, &old);
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void progress_stop(void)
{
	if (!running)
		return;
	running = false;
	set_timer(0);
	if (__atomic_load_n(&seconds, __ATOMIC_RELAXED))
		put("\r\033[K", 4);
}
