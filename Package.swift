// swift-tools-version: 6.2
import PackageDescription

/// A plugin exports one symbol only; the path is absolute because a relative one would resolve against the package that
/// depends on this one.
let exportOneSymbol: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/PluginSDK/plugin.map"]),
  // The host hashes every byte of a plugin that it loads, and keeps the file with the sessions; names of functions stay.
  .unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release)),
]

/// Calls through the hot path must not pay for dynamic exclusivity checks: the state is owned by one thread.
let hotPath: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

struct Plugin {
  var product: String
  var target: String
  var path: String
  var dependencies: [Target.Dependency] = []
  var exclude: [String] = []
}

let plugins: [Plugin] = [
  Plugin(product: "simulated", target: "SimulatedBroker", path: "Plugins/Brokers/Simulated"),
  Plugin(
    product: "files", target: "FilesData", path: "Plugins/Data/Files",
    dependencies: ["AlphaLoopCSV", "AlphaLoopFiles"]),
  Plugin(
    product: "sqlitestore", target: "SQLiteStore", path: "Plugins/Stores/SQLite",
    dependencies: ["AlphaLoopArrow", "AlphaLoopBarStore", "AlphaLoopFiles", "AlphaLoopSQLite"]),
  Plugin(
    product: "ibkr", target: "IBKRPlugin", path: "Plugins/Brokers/IBKR/Plugin",
    dependencies: ["IBKRClient", "TWSProtocol"]),
  Plugin(
    product: "ibkrgateway", target: "IBKRGateway", path: "Plugins/Brokers/IBKR/Simulator/Plugin",
    dependencies: ["TWSSimulator"]),
  Plugin(product: "momentum", target: "MomentumAgents", path: "Plugins/Agents/Momentum"),
  Plugin(product: "arbitrage", target: "ArbitrageAgents", path: "Plugins/Agents/Arbitrage"),
  Plugin(product: "executive", target: "ExecutiveAgents", path: "Plugins/Agents/Executive"),
  Plugin(product: "risk", target: "RiskAgents", path: "Plugins/Agents/Risk"),
  Plugin(product: "desk", target: "DeskAgents", path: "Plugins/Agents/Desk"),
  Plugin(product: "bench", target: "BenchAgents", path: "Plugins/Agents/Bench"),
  Plugin(product: "sizing", target: "SizingPolicies", path: "Plugins/Policies/Sizing"),
  Plugin(
    product: "report", target: "ReportService", path: "Plugins/Services/Report", dependencies: ["ReportRenderer"],
    exclude: ["Renderer"]),
  Plugin(product: "eventlog", target: "EventLogService", path: "Plugins/Services/EventLog"),
  Plugin(product: "ridge", target: "RidgeLearner", path: "Plugins/Models/Ridge"),
]

let package = Package(
  name: "AlphaLoop",
  products: [
    .library(name: "AlphaLoopSDK", targets: ["AlphaLoopSDK"]),
    .library(name: "AlphaLoopKit", targets: ["AlphaLoopKit"]),
    .executable(name: "alphaloop", targets: ["alphaloop"]),
    .executable(name: "alphaloop-worker", targets: ["alphaloop-worker"]),
  ]
    + plugins.map { .library(name: $0.product, type: .dynamic, targets: [$0.target]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ],
  targets: [
    // The contract.
    .target(name: "CAlphaLoop", path: "PluginSDK/include", sources: ["alphaloop.c"], publicHeadersPath: "."),
    .target(name: "AlphaLoopSDK", dependencies: ["CAlphaLoop"], path: "PluginSDK/Swift", swiftSettings: hotPath),
    .target(name: "AlphaLoopKit", dependencies: [], path: "PluginSDK/Kit/Analytics"),
    .systemLibrary(
      name: "CSQLite", path: "PluginSDK/Kit/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "AlphaLoopSQLite", dependencies: ["CSQLite", "AlphaLoopFiles"], path: "PluginSDK/Kit/SQLite"),
    .target(name: "CAlphaLoopChecksum", path: "PluginSDK/Kit/Checksum"),
    .target(name: "AlphaLoopFiles", dependencies: ["CAlphaLoopChecksum"], path: "PluginSDK/Kit/Files"),
    .target(name: "AlphaLoopArrow", dependencies: ["AlphaLoopFiles"], path: "PluginSDK/Kit/Arrow"),
    .target(name: "AlphaLoopCSV", dependencies: ["AlphaLoopFiles"], path: "PluginSDK/Kit/CSV"),
    .target(
      name: "AlphaLoopBarStore", dependencies: ["AlphaLoopArrow", "AlphaLoopFiles", "AlphaLoopSQLite"],
      path: "PluginSDK/Kit/BarStore"),

    // The report's pages, apart from the plugin around them: plain Swift that tests link without the SDK.
    .target(name: "ReportRenderer", dependencies: ["AlphaLoopKit"], path: "Plugins/Services/Report/Renderer"),

    // The TWS protocol, apart from the plugin: the simulated gateway speaks it from the other side.
    .target(name: "TWSProtocol", path: "Plugins/Brokers/IBKR/Protocol"),
    // The client of the gateway, apart from the plugin around it, so that tests reach all of it.
    .target(
      name: "IBKRClient", dependencies: ["TWSProtocol", "CAlphaLoop", "AlphaLoopCSV", "AlphaLoopFiles"],
      path: "Plugins/Brokers/IBKR/Client", swiftSettings: hotPath),
    // The gateway itself, apart from the plugin around it, so that tests run it within their process.
    .target(
      name: "TWSSimulator", dependencies: ["TWSProtocol", "AlphaLoopKit", "AlphaLoopCSV"],
      path: "Plugins/Brokers/IBKR/Simulator", exclude: ["Plugin"]),

    // The host.
    .systemLibrary(
      name: "CYaml", path: "Host/Runtime/CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "AlphaLoopYAML", dependencies: ["CYaml"], path: "Host/Runtime/YAML"),
    // Checksums of whole libraries: in a debug build too they are not to be what one waits for.
    .target(
      name: "CSystem", path: "Host/Runtime/System", publicHeadersPath: "include",
      cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    .target(name: "AlphaLoopCore", dependencies: ["CAlphaLoop"], path: "Host/Core", swiftSettings: hotPath),
    .target(
      name: "AlphaLoopLoader", dependencies: ["CAlphaLoop", "CSystem"], path: "Host/Runtime/Loader"),
    .target(
      name: "AlphaLoopRuntime",
      dependencies: [
        "AlphaLoopCore", "AlphaLoopLoader", "AlphaLoopYAML", "AlphaLoopSQLite", "AlphaLoopArrow", "AlphaLoopCSV",
        "CAlphaLoop", "CSystem",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Host/Runtime",
      exclude: ["CYaml", "YAML", "System", "Loader", "Worker"],
      swiftSettings: hotPath),
    .executableTarget(
      name: "alphaloop-worker", dependencies: ["AlphaLoopLoader", "CAlphaLoop", "CSystem"], path: "Host/Runtime/Worker"),
    .executableTarget(
      name: "alphaloop",
      dependencies: [
        "AlphaLoopRuntime", "AlphaLoopCore", "AlphaLoopLoader", "AlphaLoopYAML", "AlphaLoopCSV", "CAlphaLoop",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Host/CLI"),

    // Tests, a folder a room. Plugins are tested through their shared libraries, as the host loads them.
    .target(name: "CRecordingVFS", dependencies: ["CSQLite"], path: "Tests/Torture/RecordingVFS"),
    .executableTarget(
      name: "torture",
      dependencies: [
        "AlphaLoopRuntime", "AlphaLoopCore", "AlphaLoopSQLite", "CAlphaLoop", "CRecordingVFS", "PluginProbe",
      ],
      path: "Tests/Torture",
      exclude: ["RecordingVFS", "Crash/Interposer"]),
    .executableTarget(
      name: "ibkr-bench", dependencies: ["IBKRClient", "TWSProtocol", "CAlphaLoop"], path: "Tests/Benchmarks/IBKR"),
    .target(name: "PluginProbe", dependencies: ["CAlphaLoop"], path: "Tests/Support"),
    .testTarget(name: "CoreTests", dependencies: ["AlphaLoopCore", "CAlphaLoop"], path: "Tests/CoreTests"),
    .testTarget(
      name: "RuntimeTests",
      dependencies: [
        "AlphaLoopRuntime", "AlphaLoopLoader", "AlphaLoopYAML", "AlphaLoopSQLite", "AlphaLoopCore", "CAlphaLoop",
        "PluginProbe",
      ],
      path: "Tests/RuntimeTests"),
    .testTarget(
      name: "SDKTests", dependencies: ["AlphaLoopSDK", "AlphaLoopKit", "CAlphaLoop", "PluginProbe"],
      path: "Tests/SDKTests"),
    .testTarget(
      name: "PluginTests",
      dependencies: [
        "AlphaLoopRuntime", "AlphaLoopKit", "PluginProbe", "AlphaLoopArrow", "AlphaLoopBarStore", "AlphaLoopCSV",
        "AlphaLoopFiles", "AlphaLoopSQLite", "ReportRenderer", "TWSProtocol", "TWSSimulator", "IBKRClient",
      ],
      path: "Tests/PluginTests"),
    .testTarget(
      name: "ConformanceTests", dependencies: ["AlphaLoopRuntime", "AlphaLoopLoader"], path: "Tests/ConformanceTests"),
  ]
    + plugins.map {
      .target(
        name: $0.target, dependencies: ["AlphaLoopSDK", "AlphaLoopKit"] + $0.dependencies, path: $0.path,
        exclude: $0.exclude, linkerSettings: exportOneSymbol)
    },
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11,
  cxxLanguageStandard: .cxx17
)
