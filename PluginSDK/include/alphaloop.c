#include "alphaloop.h"
