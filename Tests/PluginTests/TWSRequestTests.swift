import TWSProtocol
import Testing

/// Our bytes against those of real clients.
@Suite struct TWSRequestTests {
  @Test func everyCallIsWrittenAsRealClientsWriteIt() throws {
    var identical: [String: Int] = [:]
    var spelled: [String: Int] = [:]
    var counted: [String: Int] = [:]
    for vector in try TWSRequestVectors().vectors {
      switch try TWSFrameComparison(vector).outcome(vector.frame) {
      case .identical: identical[vector.client, default: 0] += 1
      case .spelled: spelled[vector.client, default: 0] += 1
      case .countedOptions: counted[vector.client, default: 0] += 1
      case .different(let how): Issue.record("\(vector.name)@\(vector.serverVersion) by \(vector.client): \(how)")
      }
    }
    #expect(
      identical == [
        "ibapi (official) 10.51.1": 158, "ibapi (official) 10.19.4": 59, "ibapi (official) 10.30.1": 7,
        "ib_async 2.1.0": 56,
      ])
    #expect(
      spelled == ["ibapi (official) 10.19.4": 92, "ibapi (official) 10.30.1": 55, "ib_async 2.1.0": 95])
    #expect(counted == ["ibapi (official) 10.19.4": 2, "ib_async 2.1.0": 2])
  }

  /// An older official client writes a strike that is not stated as `0.0`. With that one default stated, its bytes are ours
  /// but for the two calculations.
  @Test func officialClientsDifferByTheirStrikeAlone() throws {
    for vector in try TWSRequestVectors().vectors where vector.client.contains("official") {
      guard !vector.method.hasPrefix("calculate") else { continue }
      var arguments = vector.arguments
      if arguments.has("contract"), try !arguments.object("contract").has("strike"), vector.serverVersion < 200 {
        arguments = try arguments.setting("contract", "strike", to: 0.0)
      }
      let version = try #require(ServerVersion(vector.serverVersion))
      #expect(try twsRequest(vector.method, arguments).frame(version) == vector.frame, "\(vector.name)")
    }
  }

  @Test func aHandshakeIsWrittenAsRealClientsWriteIt() throws {
    let announced = [176: 100...226, 178: 157...178, 200: 100...226]
    let handshakes = try TWSRequestVectors().handshakes
    #expect(handshakes.count == 7)
    for shake in handshakes {
      let range = try #require(announced[shake.serverVersion])
      #expect(try Greeting.bytes(versions: range, connectOptions: shake.connectOptions) == shake.hello)
      let version = try #require(ServerVersion(shake.serverVersion))
      let start = Request.startApi(clientId: shake.clientId, optionalCapabilities: shake.optionalCapabilities)
      #expect(try start.frame(version) == shake.startApi)
    }
    #expect(try Greeting.bytes() == Array("API\0\0\0\0\u{9}v176..200".utf8))
    #expect(throws: WireError.unprintable(field: "connectOptions")) { try Greeting.bytes(connectOptions: "+\n") }
  }
}

/// The comparison itself: what it must not let pass.
@Suite struct TWSRequestControlTests {
  @Test func aChangedByteIsNoticed() throws {
    var changes = 0
    for vector in try TWSRequestVectors().vectors {
      let comparison = try TWSFrameComparison(vector)
      for place in stride(from: vector.frame.count % 5, to: vector.frame.count, by: 5) {
        var frame = vector.frame
        frame[place] ^= 1
        #expect(!comparison.outcome(frame).isAccepted, "\(vector.name), byte \(place)")
        changes += 1
      }
    }
    #expect(changes > 10_000)
  }

  @Test func aFieldMoreOrLessIsNoticed() throws {
    for vector in try TWSRequestVectors().vectors {
      let comparison = try TWSFrameComparison(vector)
      let fields = TWSFrameComparison.fields(vector.frame)
      #expect(TWSFrameComparison.frame(fields) == vector.frame)
      #expect(!comparison.outcome(TWSFrameComparison.frame(fields + [""])).isAccepted, "\(vector.name)")
      #expect(!comparison.outcome(TWSFrameComparison.frame(fields + ["0"])).isAccepted, "\(vector.name)")
      #expect(!comparison.outcome(TWSFrameComparison.frame([""] + fields)).isAccepted, "\(vector.name)")
      #expect(!comparison.outcome(TWSFrameComparison.frame(fields.dropLast())).isAccepted, "\(vector.name)")
    }
  }

  /// In the very fields that may be spelled in other ways, another value is none of them.
  @Test func aWrongValueIsNoticed() throws {
    for vector in try TWSRequestVectors().vectors {
      let comparison = try TWSFrameComparison(vector)
      let fields = TWSFrameComparison.fields(comparison.ours)
      for place in comparison.kinds.keys {
        for wrong in ["3.25", "-1", "Infinite", "nan", "x", "0.00001"] {
          var changed = fields
          changed[place] = wrong
          #expect(!comparison.outcome(TWSFrameComparison.frame(changed)).isAccepted, "\(vector.name), field \(place)")
        }
        // A price that is not stated is not zero; only a strike may be, and the management of prices.
        guard fields[place].isEmpty || fields[place].hasPrefix("1.79"), comparison.kinds[place] == .number else {
          continue
        }
        var changed = fields
        changed[place] = "0.0"
        #expect(!comparison.outcome(TWSFrameComparison.frame(changed)).isAccepted, "\(vector.name), field \(place)")
      }
    }
  }

  @Test func aCallWithUnknownArgumentsIsRefused() throws {
    let arguments = try TWSArguments(["contract": ["symbol": "A", "colour": "red"], "reqId": 1], "args")
    #expect(throws: TWSVectorError.self) { try twsRequest("reqContractDetails", arguments) }
    #expect(throws: TWSVectorError.self) { try twsRequest("reqWeather", arguments) }
  }
}
