--- Rows whose fault is in the answer (spec/support/faults/peer.lua runs them), by the headings of
--- docs/faults.md.  `{head}` and the like are sizes in bytes.

local M = {}

local silence <const> = { idle_timeout = 0.7 }

M["Connections that end"] = {}
for _, how in ipairs { "reset", "cut", "close", "alert" } do
  local name = ({ reset = "TCP reset", cut = "TCP end without close_notify",
    close = "TLS close_notify", alert = "fatal TLS alert" })[how]
  for _, place in ipairs { { "before the first byte", 0 }, { "in the head", 20 },
    { "between head and body", "{head}" }, { "after the body's first byte", "{first}" },
    { "in the middle of the body", "{middle}" }, { "before the last byte", "{last}" } } do
    M["Connections that end"][("%s %s"):format(name, place[1])] = {
      before = ("strike %s %s"):format(place[2], how),
    }
  end
end

M["Silence and slowness"] = {
  ["silence before the first byte, 45 times the idle timeout"] = {
    -- In one piece: nothing between head and body can be taken for silence.
    before = "pause 2250\nhold", connect = { idle_timeout = 0.05, retries = 0 },
  },
  ["silence for ever before the first byte, with a deadline"] = {
    instead = "hang", deadline = 1, connect = { retries = 0 },
  },
  ["silence after part of the first line"] = {
    before = "strike 5 hang", connect = silence,
  },
  ["silence after part of the first TLS record"] = {
    before = "wire 40 hang", connect = silence,
  },
  ["silence in the head"] = { before = "strike 40 hang", connect = silence },
  ["silence after the head"] = {
    before = "strike {head} hang", connect = silence,
  },
  ["silence in the body"] = {
    before = "strike {middle} hang", connect = silence,
  },
  ["a head that comes byte by byte"] = { before = "drip 100", connect = silence },
  ["a body that comes slowly, with pauses shorter than the idle timeout"] = {
    before = function(kind) return "drip 150 " .. (kind == "read" and 4000 or 10000) end,
    connect = { idle_timeout = 1, retries = 0 },
  },
  ["the same, beyond a deadline"] = {
    before = function(kind) return kind == "change" and "drip 500 10" or "drip 300 5000" end,
    deadline = 1, connect = { retries = 0 },
  },
  ["an interim answer (100) before the silence"] = {
    before = "send HTTP/1.1 100 Continue\\r\\n\\r\\n\npause 1500", connect = silence,
  },
  ["interim answers (102, 103, one of no meaning) before the silence"] = {
    before = "send HTTP/1.1 102 Processing\\r\\n\\r\\n"
      .. "HTTP/1.1 103 Early Hints\\r\\nLink: </x>\\r\\n\\r\\n"
      .. "HTTP/1.1 199 ?\\r\\n\\r\\n\npause 1500", connect = silence,
  },
  ["a switch of protocols (101) without a request for it"] = {
    before = "send HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\n"
      .. "Connection: upgrade\\r\\n\\r\\n\npause 600000", connect = silence,
  },
}

local function framed(kind, head, tail)
  local type = kind == "save" and "octet-stream" or "json"
  local body = kind == "save" and "bytes 100000" or 'send {"id":"1"}'
  return ("send HTTP/1.1 200 OK\\r\\nContent-Type: application/%s\\r\\n%s\\r\\n\\r\\n\n%s\n%s")
    :format(type, head, body, tail or "close")
end

M["Bodies that are not what they claim"] = {
  ["shorter than its Content-Length"] = {
    instead = function(kind)
      if kind == "change" then return 'lie 50\njson 201 {"id":"1"}\nclose' end
      return nil
    end,
    before = function(kind) return kind ~= "change" and "strike {middle} close" or nil end,
  },
  ["bytes after its end, which would begin the next answer"] = {
    instead = function(kind)
      local fine = ({ read = "numbers 200 40001", save = "file 200 100000",
        change = 'json 201 {"id":"1"}' })[kind]
      return fine .. "\nsend HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\n\"evil\""
    end,
  },
  ["chunks, whole"] = { before = "chunks 5200" },
  ["chunks, the last one (of no bytes) missing"] = {
    instead = function(kind)
      local fine = ({ read = "numbers 200 40001", save = "file 200 100000",
        change = 'json 201 {"id":"1"}' })[kind]
      -- The head is shorter by its length and longer by the encoding.
      local size = ({ read = #"HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n"
        + #"Content-Type: application/json\r\n" + 40001 + 7 * #"1450\r\n\r\n" + #"e11\r\n\r\n",
        save = #"HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n"
        + #"Content-Type: application/octet-stream\r\n" + 100000 + 19 * #"1450\r\n\r\n"
        + #"4b0\r\n\r\n", change = #"HTTP/1.1 201 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n"
        + #"Content-Type: application/json\r\n" + #'a\r\n{"id":"1"}\r\n' })[kind]
      return ("strike %d close\nchunks 5200\n%s"):format(size, fine)
    end,
  },
  ["chunks, cut within one"] = {
    before = "strike {middle} cut\nchunks 5200",
  },
  ["chunks, bytes after the last one"] = {
    before = "chunks 5200", instead = function(kind)
      return ({ read = "numbers 200 40001", save = "file 200 100000",
        change = 'json 201 {"id":"1"}' })[kind] .. "\nsend more than there should be"
    end,
  },
  ["chunks whose size is not a number"] = {
    instead = "send HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n[]\nclose",
  },
  ["neither length nor chunks: the end of the connection is the end"] = {
    instead = function(kind)
      if kind == "read" then
        return "send HTTP/1.1 200 OK\\r\\n\\r\\n\nsend [" .. ("7,"):rep(19999) .. "7]\ncut"
      end
      return "send HTTP/1.1 200 OK\\r\\n\\r\\n{\"id\":\"1\"}\ncut"
    end,
  },
  ["the same, cut short"] = {
    instead = "send HTTP/1.1 200 OK\\r\\n\\r\\n[7,7\ncut",
  },
  ["two Content-Lengths that differ"] = {
    instead = function(kind)
      return framed(kind, "Content-Length: 10\\r\\nContent-Length: 11")
    end,
  },
  ["a Content-Length that overflows"] = {
    instead = function(kind) return framed(kind, "Content-Length: 99999999999999999999") end,
  },
  ["Content-Length and chunks together"] = {
    instead = function(kind)
      return framed(kind, "Content-Length: 10\\r\\nTransfer-Encoding: chunked")
    end,
  },
  ["compressed without a request for it"] = {
    instead = function(kind)
      return framed(kind, "Content-Length: 10\\r\\nContent-Encoding: gzip")
    end,
  },
  ["206, a part"] = {
    instead = function(kind)
      return (framed(kind, "Content-Length: 10"):gsub("200 OK", "206 Part"))
    end,
  },
  ["no HTTP at all"] = { instead = "send SSH-2.0-OpenSSH_9.2\\r\\n\nclose" },
}

-- The error object of VB365.
local function said(status)
  return ('json %d {"message":"as the server says","errorCode":"HttpError"}'):format(status)
end

M["Answers that say no, or not now"] = {
  ["503 with Retry-After: 0"] = { instead = "header Retry-After: 0\nempty 503" },
  ["429 with Retry-After: 0"] = { instead = "header Retry-After: 0\nempty 429" },
  ["408"] = { instead = "empty 408" },
  ["502"] = { instead = "empty 502" },
  ["504"] = { instead = "empty 504" },
  ["500"] = { instead = "empty 500" },
  ["404"] = { instead = "empty 404" },
  ["409"] = { instead = "empty 409" },
  ["403"] = { instead = "empty 403" },
  ["307 to another server"] = {
    instead = "header Location: https://127.0.0.2:1/\nempty 307",
  },
  ["401"] = { instead = "empty 401" },
  ["401 with the server's own error object: the token was revoked"] = { instead = said(401) },
  ["401 with a Bearer challenge"] = {
    instead = "header WWW-Authenticate: Bearer error=\"invalid_token\"\nempty 401",
  },
  ["503 and Retry-After: 0, with the server's own error object"] = {
    instead = "header Retry-After: 0\n" .. said(503),
  },
  ["429 and Retry-After: 0, with the server's own error object"] = {
    instead = "header Retry-After: 0\n" .. said(429),
  },
  ["503 with a gateway's HTML page"] = {
    instead = "header Retry-After: 0\ntext 503 text/html <html><title>Busy</title></html>",
  },
  ["400 with the server's own error object"] = { instead = said(400) },
  ["403 with the server's own error object"] = { instead = said(403) },
  ["404 with the server's own error object"] = { instead = said(404) },
  ["405 with the server's own error object"] = { instead = said(405) },
  ["409 with the server's own error object"] = { instead = said(409) },
  ["422 with the server's own error object"] = { instead = said(422) },
  ["410 with the server's own error object"] = { instead = said(410) },
  ["500 with the server's own error object"] = { instead = said(500) },
  ["403 with a gateway's HTML page"] = {
    instead = "text 403 text/html <html><title>Forbidden</title></html>",
  },
}

M["Clocks"] = {
  ["the server's Date is years ahead, or behind"] = {
    before = "header Date: Mon, 01 Jan 2035 00:00:00 GMT",
    change = { before = "header Date: Sat, 01 Jan 2000 00:00:00 GMT" },
  },
  ["Retry-After as a date of such a server"] = {
    instead = "header Date: Mon, 01 Jan 2035 00:00:00 GMT\n"
      .. "header Retry-After: Mon, 01 Jan 2035 00:00:00 GMT\n" .. said(503),
    connect = { deadline = 15 },
  },
  ["a token that is good for one second"] = { token = "token tok 1", before = "pause 300" },
  ["a token of no stated or an absurd lifetime"] = { token = "token tok 0" },
}

-- Connections from the second on.
M["Connections that do not come about"] = {
  ["closed at once"] = { connection = "refuse" },
  ["silence instead of a TLS handshake"] = {
    connection = "hang", connect = { connect_timeout = 1 },
  },
  ["a fatal TLS alert in the handshake"] = { connection = "alert" },
  ["plain HTTP instead of TLS"] = { connection = "plain" },
  ["another certificate than before"] = { connection = "certificate other" },
  ["a certificate that has expired"] = { connection = "certificate expired", authority = true },
  ["a certificate that is not valid yet (the clocks differ)"] = {
    connection = "certificate future", authority = true,
  },
  ["a certificate for another name"] = {
    connection = "certificate wrong-name", authority = true,
  },
}

return M
