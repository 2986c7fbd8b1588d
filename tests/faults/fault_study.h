/* tests/faults/fault_study.h - the small studies that are run again and again, and their settings.
 */
#ifndef TESTS_FAULTS_FAULT_STUDY_H
#define TESTS_FAULTS_FAULT_STUDY_H

#include "tests/simulation/world.h"

enum { FAULT_KINDS = 5 };

/* A study of a few trials that measure, fail and get lost. Indexes FAULT_KINDS apart have the same
 * document and other dice. */
void fault_study(struct scenario *scenario, int index);

/* A number from the environment. */
uint64_t fault_setting(const char *name, uint64_t otherwise);

/*
 * After the fault: the engine is restarted on the folder, where nothing fails any more, and brings
 * the study to its end. False and the reason on stderr when that fails, or the file is damaged.
 */
bool fault_recover(struct world *world);

/* The path of the world's database file. */
const char *fault_database(const struct world *world, char path[WORLD_PATH]);

#endif
