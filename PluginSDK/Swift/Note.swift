// The ABI note that the host reads from the file before it runs any code of it: struct al_note_v1 field by field.
// 40 bytes of toolchain text, "swift 6.3", as five little-endian words.

@section(".alphaloop.abi") @used
private let note: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64, UInt64, UInt64) = (
  64, 0x3141_4c41, 1, 0, 100, 0, 0x2e36_2074_6669_7773, 0x33, 0, 0, 0
)
