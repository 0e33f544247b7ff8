-- Users, groups, sites and teams in bodies: one way for all, in all versions.
-- Tests also vbo.objects.jobs.items.

local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

describe("things in the body of a request", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  -- The bodies of the changes that `fn` makes.
  local function bodies(client, fn)
    local sent = {}
    local function gate(request, next)
      if request.change then sent[#sent + 1] = request.body end
      return next(request)
    end
    table.insert(client.gates, 1, gate)
    local ok, err = pcall(fn)
    table.remove(client.gates, 1)
    assert(ok, err)
    return sent
  end

  local function is_typed(item, kind, word)
    assert.equal(kind, item.type)
    assert.is_string(item[word].id)
    assert.is_nil(item.displayName)
    assert.is_nil(item.id)
  end

  -- Checks that a body has only properties of its schema.
  local function is_known(schema, value, where)
    if type(value) ~= "table" or not schema then return end
    if schema.items then
      for i, item in ipairs(value) do is_known(schema.items, item, where .. i) end
    elseif schema.properties then
      for name, part in pairs(value) do
        local property = schema.properties[name] or schema.additional
        assert.is_truthy(property, ("%s.%s is unknown to the schema"):format(where, name))
        is_known(property, part, where .. "." .. name)
      end
    end
  end

  for _, version in ipairs(versions.distinct) do
    describe("in " .. version, function()
      local client, organization, things

      before_each(function()
        server.reset()
        client = server.connect(version)
        organization = client:organization(rehearsal.organization)
        things = {
          { "User", "user", organization:user "bob@contoso.com" },
          { "Group", "group", organization:groups():first() },
          { "Site", "site", organization:sites():first() },
        }
        if client._catalogue:has "OrganizationTeam_Get" then
          things[#things + 1] = { "Team", "team", organization:teams():first() }
        end
      end)

      after_each(function() client:close() end)

      local function resources()
        local list = {}
        for i, thing in ipairs(things) do list[i] = thing[3] end
        return list
      end

      local function create(items)
        return organization:create_job {
          name = "Some people", backup_type = "SelectedItems", items = items,
          repository = server.ask("GET", "/v8/BackupRepositories").results[1].id,
        }
      end

      local function has_all(list)
        assert.equal(#things, #list)
        for i, thing in ipairs(things) do is_typed(list[i], thing[1], thing[2]) end
      end

      it("are items in a new job, whichever they are", function()
        local job
        local sent = bodies(client, function() job = create(resources()) end)
        has_all(sent[1].selectedItems)
        is_known(client._catalogue:operation "Job_Add".body, sent[1], "body")
        local types = {}
        for i, item in ipairs(job:selected_items():all()) do types[i] = item.type end
        table.sort(types)
        local expected = {}
        for i, thing in ipairs(things) do expected[i] = thing[1] end
        table.sort(expected)
        assert.same(expected, types)
      end)

      it("are the same items in a change of a job as in its list", function()
        local job = create { things[1][3] }
        local schema = client._catalogue:operation "Job_Update".body
        local edited = bodies(client, function() job:edit { items = resources() } end)
        local added = bodies(client, function() job:excluded_items():add(resources()) end)
        has_all(edited[1].selectedItems)
        assert.same(edited[1].selectedItems, added[1])
        is_known(schema, edited[1], "body")
        if not schema.properties.excludedItems then return end
        local excluded = bodies(client, function()
          job:edit { excluded_items = { things[2][3], { user = things[1][3], mailbox = true } } }
        end)
        is_typed(excluded[1].excludedItems[1], "Group", "group")
        is_typed(excluded[1].excludedItems[2], "User", "user")
        assert.is_true(excluded[1].excludedItems[2].mailbox)
      end)

      it("come alone, as a collection, or by a record in its place", function()
        local job = create(things[1][3])
        assert.equal(1, job:selected_items():count())
        local sent = bodies(client, function()
          job:edit { items = organization:users():where { name = "bob@contoso.com" } }
          job:edit { items = { { user = things[1][3]:refresh() } } }
        end)
        is_typed(sent[1].selectedItems[1], "User", "user")
        is_typed(sent[2].selectedItems[1], "User", "user")
      end)

      it("name parts of an organization", function()
        local job = create { { type = "partialorganization", mailbox = true } }
        assert.equal("PartialOrganization", job:selected_items():one().type)
        local err = rehearsal.failure(create, { organization })
        assert.equal("usage", err.kind)
        assert.match("an organization cannot be an item here", err.message, 1, true)
        assert.match("PartialOrganization", err.hint, 1, true)
      end)

      it("are refused where they do not belong", function()
        local job = create { things[1][3] }
        local function refused(item, message)
          local err = rehearsal.failure(function() job:edit { items = { item } } end)
          assert.equal("usage", err.kind)
          assert.match(message, err.message, 1, true)
        end
        refused(client:jobs():first(), "a job cannot be an item here")
        refused({ user = things[2][3] }, "a group cannot be the user of an item")
        refused({ mailbox = true }, "an item needs a 'type'")
        refused(things[1][3]:record(), "a record cannot be an item by itself")
        refused("bob@contoso.com", "must be an object, not a string")
        local record = { id = "x", odd = 1, _links = { self = { href = "/x" } } }
        refused({ type = "User", user = record }, "user.odd")
        assert.equal("not_found", rehearsal.failure(function()
          job:edit { items = organization:users():where { name = "nobody at all" } }
        end).kind)
      end)
    end)
  end

  it("leave out what the version does not know of them", function()
    local client <close> = server.connect "v6"
    local job = client:job "Contoso nightly"
    local user = client:organization(rehearsal.organization):user "bob@contoso.com"
    user:record().invented = "by a newer server"
    local sent = bodies(client, function() job:edit { excluded_items = { user } } end)
    assert.is_nil(sent[1].excludedItems[1].user.invented)
    assert.equal(user.id, sent[1].excludedItems[1].user.id)
  end)

  it("say what they are in the words of the body", function()
    local client <close> = server.connect "v8"
    local organization = client:organization(rehearsal.organization)
    local user = organization:user "bob@contoso.com"
    user:record().type = "Shared"
    local sent = bodies(client, function()
      organization:rbac_roles():create {
        name = "Desk", role_type = "SpecificObjects", operators = { user },
      }
    end)
    assert.equal("SharedMailbox", sent[1].operators[1].user.type)
  end)

  it("are of a role, and of an operator's scope", function()
    for _, version in ipairs(versions.since "v6") do
      local client <close> = server.connect(version)
      server.reset()
      local organization = client:organization(rehearsal.organization)
      local user, group = organization:user "bob@contoso.com", organization:groups():first()
      local sent = bodies(client, function()
        organization:rbac_roles():create {
          name = "Helpers", role_type = "SpecificObjects", operators = user,
          selected_items = { user, group },
        }
      end)
      is_typed(sent[1].operators[1], "User", "user")
      is_typed(sent[1].selectedItems[2], "Group", "group")
    end
  end)
end)
