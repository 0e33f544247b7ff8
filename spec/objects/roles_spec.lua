-- Restore operators: roles with what they name, and the operator's own side (v6 and later).

local sending = require "spec.support.sending"
local versions = require "spec.support.versions"

local ids = sending.ids

describe("roles", function()
  local server
  local links = { self = { href = "/x" } }
  local role = {
    id = ids.role, name = "Helpdesk", organizationId = ids.organization,
    roleType = "SpecificObjects",
  }
  local user = {
    id = ids.user, name = "alice@contoso.com", displayName = "Alice", type = "User",
    _links = links,
  }
  local site = {
    id = "site-1", title = "Sales", url = "https://x", isCloud = true, isPersonal = false,
    parentUrl = "https://y", _links = links,
  }
  local item = { id = "item-1", type = "User", user = user }
  -- Omits the links, as the bodies of roles do.
  local sent_user = { id = user.id, name = user.name, displayName = "Alice", type = "User" }
  local sent_site = {
    id = "site-1", title = "Sales", url = "https://x", isCloud = true, isPersonal = false,
    parentUrl = "https://y",
  }

  setup(function()
    server = sending.start {
      ["GET /RbacRoles"] = { { id = ids.other, name = "Helpdesk" }, role },
      ["GET /RbacRoles/{role}"] = role,
      ["GET /Organizations/{organization}/RbacRoles"] = { role },
      ["POST /Organizations/{organization}/RbacRoles"] = role,
      ["GET /Organizations/{organization}/Users/{user}"] = user,
      ["GET /Organizations/{organization}/Sites/site-1"] = site,
      ["GET /RbacRoles/{role}/operators"] = { item },
      ["GET /RbacRoles/{role}/operators/item-1"] = item,
      ["GET /RbacRoles/{role}/selectedItems"] = { item, { id = "item-2", type = "Site" } },
      ["GET /RbacRoles/{role}/selectedItems/item-1"] = item,
      ["GET /RbacRoles/{role}/excludedItems"] = { item },
      ["GET /RbacRoles/{role}/excludedItems/item-1"] = item,
    }
  end)

  teardown(function() server.stop() end)

  it("are listed, those of an organization among themselves", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local found = server.sends(version, function(client)
        client:rbac_roles():all()
        client:rbac_role(ids.role):refresh()
        return client:organization(ids.organization):rbac_role("helpdesk").id
      end, "GET /RbacRoles", "GET /RbacRoles/{role}",
        "GET /Organizations/{organization}/RbacRoles")
      -- Another organization's role has the same name.
      assert.equal(ids.role, found)
    end
    local client <close> = server.connect "v6"
    assert.equal("conflict", sending.failure(function()
      return client:rbac_role("Helpdesk").id
    end).kind)
  end)

  it("are created with what they name", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local created = server.sends(version, function(client)
        local own = client:organization(ids.organization)
        local alice = own:user(ids.user):refresh()
        local given = {
          name = "Helpdesk", role_type = "specificobjects", operators = alice,
          selected_items = { alice, { site = own:site { id = "site-1" } } },
        }
        own:rbac_roles():create(given)
        given.organization, given.selected_items = own, nil
        return client:rbac_roles():create(given)
      end, "GET /Organizations/{organization}/Users/{user}",
        "GET /Organizations/{organization}/Sites/site-1",
        "POST /Organizations/{organization}/RbacRoles", {
          name = "Helpdesk", roleType = "SpecificObjects",
          operators = { { type = "User", user = sent_user } },
          selectedItems = {
            { type = "User", user = sent_user }, { type = "Site", site = sent_site },
          },
        },
        "POST /Organizations/{organization}/RbacRoles", {
          name = "Helpdesk", roleType = "SpecificObjects",
          operators = { { type = "User", user = sent_user } },
        })
      assert.equal(ids.role, created.id)
    end
    local client <close> = server.connect "v8"
    assert.equal("usage", sending.failure(function()
      client:rbac_roles():create { name = "Helpdesk" }
    end).kind)
  end)

  it("are changed and removed", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local edited = server.sends(version, function(client)
        local one = client:rbac_role(ids.role)
        one:edit { description = "by day", excluded_items = { user = user } }
        one:remove()
        return one
      end, "PUT /RbacRoles/{role}",
        { description = "by day", excludedItems = { { type = "User", user = sent_user } } },
        "GET /RbacRoles/{role}", "DELETE /RbacRoles/{role}")
      assert.equal("Helpdesk", edited.name)
    end
  end)

  for method, sent in pairs {
    operators = {
      list = "GET /RbacRoles/{role}/operators", one = "GET /RbacRoles/{role}/operators/item-1",
      add = "POST /RbacRoles/{role}/operators",
      remove = "DELETE /RbacRoles/{role}/operators?ids=item-1",
    },
    selected_items = {
      list = "GET /RbacRoles/{role}/selectedItems",
      one = "GET /RbacRoles/{role}/selectedItems/item-1",
      add = "POST /RbacRoles/{role}/selectedItems",
      remove = "DELETE /RbacRoles/{role}/selectedItems?ids=item-1",
    },
    excluded_items = {
      list = "GET /RbacRoles/{role}/excludedItems",
      one = "GET /RbacRoles/{role}/excludedItems/item-1",
      add = "POST /RbacRoles/{role}/excludedItems",
      remove = "DELETE /RbacRoles/{role}/excludedItems?ids=item-1",
    },
  } do
    it("have " .. method .. " that come and go", function()
      for _, version in ipairs(versions.with_newest "v6") do
        server.sends(version, function(client)
          local one = client:rbac_role(ids.role)
          local list = one[method](one)
          list:add(client:organization(ids.organization):user(ids.user))
          list:where { type = "User" }:remove()
          local single = one[method:sub(1, -2)](one, { id = "item-1" })
          assert.equal("User", single.type)
          single:remove()
        end, "GET /Organizations/{organization}/Users/{user}",
          sent.add, { { type = "User", user = sent_user } }, sent.list, sent.remove, sent.one,
          sent.remove)
      end
    end)
  end
end)

describe("an operator", function()
  local server
  local scope_user = {
    id = "scope-1", type = "User",
    user = { id = ids.user, name = "alice@contoso.com", displayName = "Alice", type = "User" },
  }
  local point = { id = "point-1", backupTime = "2026-11-20T22:00:00Z", isExchange = true }

  setup(function()
    server = sending.start {
      ["GET /Organization/LoggedInUser"] = { id = "operator-1", name = "desk@contoso.com" },
      ["GET /Organization/LoggedInUser/OperatorInfo"] = { isOperator = true },
      ["GET /Organization/LoggedInUser/EffectiveScope"] = { users = { scope_user } },
      ["GET /Organization/LoggedInUser/RestorePoints"] = { point },
      ["POST /Organization/OperatorExplore"] = {
        id = ids.session, type = "Veod", state = "Working",
      },
    }
  end)

  teardown(function() server.stop() end)

  it("knows who it is and what it may restore", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local told = server.sends(version, function(client)
        local own = client:logged_in_user()
        return { own.name, own:is_operator(), own:effective_scope().users[1].user.displayName }
      end, "GET /Organization/LoggedInUser", "GET /Organization/LoggedInUser/OperatorInfo",
        "GET /Organization/LoggedInUser/EffectiveScope")
      assert.same({ "desk@contoso.com", true, "Alice" }, told)
    end
    for _, version in ipairs(versions.since "v7") do
      local found = server.sends(version, function(client)
        return client:logged_in_user():restore_points { rbac_item = "scope-1", is_copy = false }
          :first()
      end, "GET /Organization/LoggedInUser/RestorePoints?isCopy=false&rbacItem=scope-1")
      assert.is_true(found.is_exchange)
    end
  end)

  it("explores its scope, as an operator", function()
    for version, repository in pairs { v6 = false, v8 = ids.repository } do
      local body = {
        type = "Veod", dateTime = "2026-11-20T22:00:00Z", scope = scope_user,
        reason = "ticket 7", repositoryId = repository or nil,
      }
      local session = server.sends(version, function(client)
        local scope = client:logged_in_user():effective_scope().users[1]
        return client:operator_explore {
          workload = "onedrive", at = "2026-11-20T22:00:00Z", scope = scope, reason = "ticket 7",
          repository = repository or nil,
        }
      end, "GET /Organization/LoggedInUser/EffectiveScope",
        table.unpack(version == "v6" and { "POST /Organization/OperatorExplore", body }
          or { "GET /Organization/LoggedInUser/RestorePoints", "POST /Organization/OperatorExplore",
            body }))
      assert.equal(ids.session, session.id)
      -- Checks that restores in it use the operations of operators.
      assert.is_true(rawget(session, "_operator"))
    end
    local client <close> = server.connect "v8"
    local err = sending.failure(client.operator_explore, client, { reasn = "ticket 7" })
    assert.equal("usage", err.kind)
    assert.matches("reason", err.hint, 1, true)
    local old <close> = server.connect "v5"
    assert.equal("unsupported", sending.failure(old.operator_explore, old).kind)
  end)
end)
