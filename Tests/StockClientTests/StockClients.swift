import Testing

/// Stock Linux guests and the real daemons, in network namespaces of their own.
@Suite(.serialized)
enum StockClients {}
