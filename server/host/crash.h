/*
 * The report that a crash leaves in the log. Main thread, at start.
 */
#ifndef KVS_HOST_CRASH_H
#define KVS_HOST_CRASH_H

/*
 * From now on a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) writes a report with version, signal, address and
 * backtrace to the log, and the process then dies of the signal. version is borrowed forever.
 */
void crash_report_to_log(const char *version);

#endif
