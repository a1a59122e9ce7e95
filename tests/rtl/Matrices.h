// The sizes of the array that CMakeLists.txt Verilates.
#pragma once

#include "VerilatedMatrix.h"

#include "Matrix16x16.h"
#include "Matrix24x20.h"

namespace garam::test {
using Rtl16x16 = VerilatedMatrix<::Matrix16x16, 16, 16, 4, 2>;
using Rtl24x20 = VerilatedMatrix<::Matrix24x20, 24, 20, 3, 4>;
} // namespace garam::test
