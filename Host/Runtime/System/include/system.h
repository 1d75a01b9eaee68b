/* CSystem: the Linux calls that Swift cannot make itself (variadic, missing from its importer, or needing C memory
 * order), each behind one typed function. Policy lives in Swift; nothing here decides what is allowed.
 *
 * Every function that can fail returns 0 or a non-negative result, or the negated errno. Nothing allocates, nothing
 * keeps state except the spawning thread of process.h. */
#pragma once

#include "system_allocations.h"
#include "system_atomics.h"
#include "system_checksum.h"
#include "system_file.h"
#include "system_memory.h"
#include "system_process.h"
#include "system_sandbox.h"
