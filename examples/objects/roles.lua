-- RbacRole, RoleOperator, RoleSelectedItem, RoleExcludedItem, LoggedInUser
local vbo = require "vbo"
local client <close> = vbo.connect()
local organization = client:organization "contoso.onmicrosoft.com"
local role = organization:rbac_roles():create {
  name = "Helpdesk", role_type = "specificobjects", operators = organization:user "bob@contoso.com",
  selected_items = { organization:user "alice@contoso.com" },
  excluded_items = { organization:sites():first() },
}
for operator in role:operators():each() do print(operator.type) end
for item in role:selected_items():each() do print(item.type) end
for item in role:excluded_items():each() do print(item.type) end
print(client:logged_in_user().id)
role:remove()
