--- Defines the sets of rules that have a name.

local M = {}

--- Faults that a correct client survives when it reads and saves: a repeated request passes
--- (`streak`, `per_target`), and changes are only slowed down.
M.storm = {
  "latency=0..0.05",
  "token_lifetime=120",
  "kind=read probability=0.02 per_target=1 count=200 status=401",
  "kind=read probability=0.02 streak=1 status=429 retry_after=1",
  "kind=read probability=0.02 streak=1 status=503 retry_after=1",
  "kind=read probability=0.02 streak=1 status=502 html",
  "kind=read probability=0.02 streak=1 reset",
  "kind=read probability=0.02 streak=1 abort",
  "kind=read probability=0.03 streak=1 reset_at=0..4000",
  "kind=read probability=0.03 streak=1 truncate_at=0..4000",
}

--- A slow line to the server.
M.slow = { "latency=0.2..1", "ttfb=1..3", "rate=256k" }

--- A server under load.
M.busy = {
  "probability=0.1 streak=2 status=503 retry_after=1",
  "probability=0.1 streak=2 status=429 retry_after=1",
}

return M
