/* Alpha Loop plugin ABI, version 1. Read alphaloop/abi.h first: it holds the rules. */
#ifndef ALPHALOOP_H
#define ALPHALOOP_H

#include "alphaloop/abi.h"
#include "alphaloop/host.h"
#include "alphaloop/plugin.h"
#include "alphaloop/market.h"
#include "alphaloop/order.h"
#include "alphaloop/agent.h"
#include "alphaloop/data.h"
#include "alphaloop/broker.h"
#include "alphaloop/store.h"
#include "alphaloop/policy.h"
#include "alphaloop/learner.h"
#include "alphaloop/job.h"
#include "alphaloop/service.h"

#endif
