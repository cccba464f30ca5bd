#include "core/standard_files.h"

#include "core/exit_codes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Input is opened for writing and output for reading: nobody is told that what was lost has been read or written. */
void standard_files_open(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", way) != fd) {
            fprintf(stderr, "kvs-cli: cannot open /dev/null in place of a closed standard file: %s\n", strerror(errno));
            exit(EXIT_CODE_LOCAL);
        }
    }
}
