/* Moves the wall clock of every program that loads this: LD_PRELOAD, with CX_TEST_CLOCK_SHIFT in seconds.
 *
 * libfaketime 0.9.10 does the same and more, and does not work here: it also moves the monotonic clock, but not the
 * waits on it (sem_clockwait), so that Python's `Condition.wait(0.3)` never comes back; told to leave that clock
 * alone, it makes `time.sleep` fail. A wall clock that jumps while the monotonic one goes on is what a machine has. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long shift(void) {
    static long long seconds;
    static int known;
    if (!known) {
        const char *text = getenv("CX_TEST_CLOCK_SHIFT");
        seconds = text ? atoll(text) : 0;
        known = 1;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (out) *out = precise.tv_sec;
    return precise.tv_sec;
}
