/* A disk that says "written" and is not: every flush returns at once, for a program that loads this (LD_PRELOAD).
 *
 * What such a program acknowledges lies in memory alone. A test of power cuts has to notice. */
int fsync(int file) {
    (void)file;
    return 0;
}

int fdatasync(int file) {
    (void)file;
    return 0;
}

int sync_file_range(int file, long long offset, long long bytes, unsigned flags) {
    (void)file, (void)offset, (void)bytes, (void)flags;
    return 0;
}
