/// The entry of the coverage-guided fuzzer (libFuzzer): foreign bytes through the framing and every decoder of the TWS
/// protocol. A trap, an overflow or a read outside of the bytes ends the process, and the input is kept.
///
/// What a decoder accepts is written again, and that has to be read too.
///
/// The first byte chooses the server's version, the second how the rest comes: as one message, or as a stream that is cut
/// into frames after reads of that many bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let bytes, count > 2 else { return 0 }
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  let versions = Array(ServerVersion.supported)
  guard let version = ServerVersion(versions[Int(input[0]) % versions.count]) else { return 0 }
  let rest = input[2...]
  if input[1] == 0 {
    decode(rest, version)
  } else {
    stream(rest, version, step: Int(input[1]))
  }
  return 0
}

private func decode(_ payload: ArraySlice<UInt8>, _ version: ServerVersion) {
  #if FUZZ_CONTROL
    // A mistake of the kind that is looked for: a field that is read without asking whether it is there.
    if payload.starts(with: Array("9\0".utf8)), version.number == 190 { _ = payload[payload.startIndex + 7] }
  #endif
  _ = try? ServerGreeting(payload)
  if let number = WireDecimal(String(decoding: payload.prefix(40), as: UTF8.self)) {
    _ = number == .zero && number.description.isEmpty
  }
  _ = try? ClientGreeting(payload)
  do throws(WireError) {
    let response = try Response.receive(payload, version).response
    if let written = try? response.payload(version) { readAgain { _ = try Response.decode(written[...], version) } }
  } catch { _ = Response.losesState(payload) }
  if let request = try? Request.receive(payload, version).request, let written = try? request.payload(version) {
    readAgain { _ = try Request.decode(written[...], version) }
  }
}

/// What was read and written again has to be a message still.
private func readAgain(_ read: () throws -> Void) {
  do { try read() } catch { preconditionFailure("written, and not to be read: \(error)") }
}

private func stream(_ bytes: ArraySlice<UInt8>, _ version: ServerVersion, step: Int) {
  var splitter = FrameSplitter()
  var left = bytes
  while !left.isEmpty {
    splitter.feed(left.prefix(step))
    left = left.dropFirst(step)
    while true {
      do throws(WireError) {
        guard let payload = try splitter.next() else { break }
        decode(payload, version)
      } catch {
        return
      }
    }
  }
}
