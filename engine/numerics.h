/*
 * engine/numerics.h - how this process computes: GSL and OpenBLAS, set up once.
 */
#ifndef ENGINE_NUMERICS_H
#define ENGINE_NUMERICS_H

/*
 * One BLAS thread: the cores are the trials', and a sum split among threads would depend on how
 * many there are. GSL reports errors to its caller. Any thread, as often as one likes.
 */
void numerics_set_up(void);

#endif
