// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <dlfcn.h>

/// The C library's function that the preloaded one of this name stands in front of.
template <class Function>
Function real(const char* name)
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
