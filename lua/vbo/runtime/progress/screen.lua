--- Lays the model out as lines of a terminal.  Pure: a model and a size give lines.
---
--- A line never takes the last column: some terminals would break it there.

local core = require "vbo.core"
local models = require "vbo.runtime.progress.model"
local text = require "vbo.runtime.progress.text"

local M = {}

local width_of = core.display_width

-- Of what may be said, long to short, the first that fits.
local function first_fit(variants, columns)
  for _, variant in ipairs(variants) do
    if width_of(variant) <= columns then return variant end
  end
  return text.fit(variants[#variants], columns)
end

-- ------------------------------------------------------------------------- columns

-- Columns of what follows the name: "100 %", "1:02:03", "1023.9 MiB/s", "1023.9 MiB".
local percent <const>, left <const>, rate <const>, size <const> = 5, 8, 12, 10
local least_name <const>, most_bar <const>, least_bar <const> = 12, 40, 10

--- Divides a width among the columns, the same for all lines.
---@param wanted integer  what the longest name would take
---@param width integer
---@return table layout  name=, left=, rate=, size=, bar= (columns; nil: not shown)
local function layout_of(wanted, width)
  local layout = { width = width, name = math.max(1, math.min(least_name, width - percent - 1)) }
  local spare = width - layout.name - percent - 1
  for _, column in ipairs { { "left", left }, { "rate", rate }, { "size", size } } do
    if spare >= column[2] + 1 then
      layout[column[1]] = column[2]
      spare = spare - column[2] - 1
    else
      break
    end
  end
  local more = math.max(0, math.min(wanted - layout.name, spare // 2))
  spare = spare - more
  if spare >= least_bar + 3 then
    layout.bar = math.min(spare - 3, most_bar)
    spare = spare - layout.bar - 3
  end
  layout.name = layout.name + more + math.max(0, math.min(wanted - layout.name - more, spare))
  -- Room for a duration, where there is little else.
  if width > 18 then layout.name = math.min(layout.name, width - left - 1) end
  return layout
end

local function bar_of(part, columns)
  local full = (part * columns) // 1 | 0
  return "[" .. ("#"):rep(full) .. (" "):rep(columns - full) .. "]"
end

local function attempt_of(transfer, columns)
  if transfer.attempts <= 1 then return "" end
  return (columns < 24 and " #%d" or " (attempt %d)"):format(transfer.attempts)
end

local function name_of(transfer, columns)
  local attempt = attempt_of(transfer, columns)
  return text.pad(text.fit(transfer.name, columns - #attempt) .. attempt, columns)
end

local function part_of(transfer)
  if transfer.expected == 0 then return 1 end
  return math.min(transfer.received / transfer.expected, 1)
end

-- Returns the words for a transfer of unknown size.
local function message_of(transfer)
  local phase = transfer.phase
  if phase == "preparing" then
    local waited = text.duration(transfer.waited)
    return { "preparing on the server, " .. waited, "preparing, " .. waited, "… " .. waited,
      waited }
  elseif phase == "receiving" then
    local received, elapsed = text.size(transfer.received), text.duration(transfer.elapsed)
    local speed = transfer.rate and text.rate(transfer.rate)
    return speed and { ("%s, %s, %s"):format(received, speed, elapsed),
      ("%s, %s"):format(received, speed), received, elapsed }
      or { ("%s, %s"):format(received, elapsed), received, elapsed }
  elseif phase == "queued" and transfer.pause then
    local pause = text.duration(transfer.pause)
    local failed = transfer.attempts > 0 and ("attempt %d failed, "):format(transfer.attempts) or ""
    return { ("%swaits %s before it is sent"):format(failed, pause), "waits " .. pause, pause, "…" }
  elseif transfer.attempts > 0 and phase == "queued" then
    return { ("attempt %d failed, waits to try again"):format(transfer.attempts),
      "waits to try again", "waits", "…" }
  elseif phase == "queued" then
    return { "waits for its turn", "waits", "…" }
  end
  return { "connecting", "…" }
end

local function line_of(transfer, layout)
  local name = name_of(transfer, layout.name) .. " "
  if transfer.phase ~= "receiving" or not transfer.expected then
    return name .. first_fit(message_of(transfer), layout.width - layout.name - 1)
  end
  local part = part_of(transfer)
  local words = { ("%3d %%"):format((part * 100) // 1 | 0) }
  if layout.bar then words[#words + 1] = bar_of(part, layout.bar) end
  if layout.size then words[#words + 1] = text.right(text.size(transfer.received), size) end
  if layout.rate then
    words[#words + 1] = text.right(transfer.rate and text.rate(transfer.rate) or "", rate)
  end
  if layout.left then
    local seconds = models.left(transfer)
    words[#words + 1] = text.right(seconds and text.duration(seconds) or "", left)
  end
  return name .. table.concat(words, " ")
end

-- -------------------------------------------------------------------- what it amounts to

local function counts_of(totals)
  local failed = totals.failed > 0 and (", %d failed"):format(totals.failed) or ""
  local plan = totals.plan
  if plan then
    local saved = totals.done > 0 and (", %d saved"):format(totals.done) or ""
    return ("%d of %d tasks"):format(plan.done, plan.count) .. saved .. failed
  end
  return ("%d of %d done"):format(totals.done, totals.count) .. failed
end

--- Returns the totals as one line.
---@param totals vbo.progress.Totals
---@param width integer
---@return string
function M.total(totals, width)
  local counts, received = counts_of(totals), ", " .. text.size(totals.received)
  local speed = totals.rate and ", " .. text.rate(totals.rate) or ""
  -- A plan may be of something else.
  if totals.plan and totals.received == 0 then received, speed = "", "" end
  local of = totals.expected and " of " .. text.size(totals.expected) or ""
  local seconds = totals.left and (", %s left"):format(text.duration(totals.left)) or ""
  return first_fit({
    counts .. received .. of .. speed .. seconds,
    counts .. received .. speed .. seconds,
    counts .. received .. speed,
    counts .. received,
    counts,
    ("%d/%d"):format((totals.plan or totals).done, (totals.plan or totals).count),
  }, width)
end

local function more_line(totals, width)
  local parts = {}
  for _, kind in ipairs { "receiving", "preparing", "waiting" } do
    if totals[kind] > 0 then parts[#parts + 1] = ("%d %s"):format(totals[kind], kind) end
  end
  local more = ("and %d more"):format(totals.live)
  return first_fit({
    ("%s: %s, %s"):format(more, table.concat(parts, ", "), text.size(totals.received)),
    ("%s: %s"):format(more, table.concat(parts, ", ")),
    more,
  }, width)
end

--- Returns whether a batch has a plan or more than one transfer: then there is a line for all.
---@param model vbo.progress.Model
---@return boolean
function M.has_total(model)
  return model.plan ~= nil or model.done + model.failed + #model.live > 1
end

--- Returns the lines that stand at the bottom while transfers run: one each, oldest first, as many
--- as there is room for; the others in one line; and a line for all when there are several.
---@param model vbo.progress.Model
---@param columns integer  of the terminal
---@param rows integer     of the terminal; one is left to what is above
---@return string[]
function M.lines(model, columns, rows)
  local width, lines = math.max(columns - 1, 1), {}
  local total = M.has_total(model)
  local room = math.max(rows - 1, 1) - (total and 1 or 0)
  local shown = #model.live
  if shown > room then shown = math.max(room - 1, 0) end
  local wanted = 0
  for i = 1, shown do
    local transfer = model.live[i]
    wanted = math.max(wanted, width_of(transfer.name) + #attempt_of(transfer, 40))
  end
  local layout = layout_of(wanted, width)
  for i = 1, shown do lines[i] = text.fit(line_of(model.live[i], layout), width) end
  if shown < #model.live and room > 0 then
    local others = table.move(model.live, shown + 1, #model.live, 1, {})
    lines[#lines + 1] = more_line(model:totals(others), width)
  end
  if total then lines[#lines + 1] = M.total(model:totals(), width) end
  return lines
end

--- Returns the line that stays of a transfer when it is over.
---@param transfer vbo.progress.Transfer
---@param width integer?  as it is when left out
---@return string
function M.final(transfer, width)
  local received, elapsed = text.size(transfer.received), text.duration(transfer.elapsed)
  local parts = {}
  if transfer.state == "failed" then
    local err = transfer.error
    local kind = type(err) == "table" and err.kind
    parts[1] = kind == "cancelled" and "cancelled" or kind and ("failed (%s)"):format(kind)
      or "failed"
    parts[1] = ("%s after %s"):format(parts[1], received)
  else
    parts[1] = received
    if transfer.rate then parts[2] = text.rate(transfer.rate) end
  end
  parts[#parts + 1] = elapsed
  if transfer.attempts > 1 then parts[#parts + 1] = ("%d attempts"):format(transfer.attempts) end
  if not width then return ("%s  %s"):format(transfer.name, table.concat(parts, ", ")) end
  while #parts > 1 and #table.concat(parts, ", ") > width - 10 do parts[#parts] = nil end
  local rest = text.fit(table.concat(parts, ", "), width - 3)
  return ("%s  %s"):format(text.fit(transfer.name, math.max(width - width_of(rest) - 2, 1)), rest)
end

--- Returns that line in words, without columns, for logs.
---@param transfer vbo.progress.Transfer
---@return string
function M.words(transfer)
  local attempt = attempt_of(transfer, 40)
  if transfer.phase ~= "receiving" or not transfer.expected then
    return transfer.name .. attempt .. " " .. message_of(transfer)[1]
  end
  return ("%s%s %d %%"):format(transfer.name, attempt, (part_of(transfer) * 100) // 1 | 0)
end

return M
