--- Describes the users of the demo world besides those of `drives.lua` and `mail.lua`, a line each;
--- what they own is generated on first use.

local M = {}

local function office() return require "vbo.sim.world.demo.office" end

-- Describes a user by a line: address, name, language, office, and what is special.
local function user(others, name, display, language, town, more)
  local person = { name = name, display = display, language = language }
  local out = { name = name, display = display, office = town }
  for key, value in pairs(more or {}) do
    if key == "hit" or key == "pictures" or key == "mails" or key == "more" then
      person[key] = value
    else
      out[key] = value
    end
  end
  local function given(key, make)
    local value = out[key]
    if value == nil then return make end
    return value or nil
  end
  out.drive = given("drive", function() return office().drive(person) end)
  out.mailbox = given("mailbox", function() return office().mailbox(person, others) end)
  if out.archive == true then
    out.archive = function() return office().archive(person, others) end
  end
  return out
end

-- Lists the senders of mail: some users of the organization, and one from outside.
local contoso = {
  { name = "Alice Example", email = "alice@contoso.com" },
  { name = "Jürgen Müller", email = "juergen.mueller@contoso.com" },
  { name = "Carol O'Neil", email = "carol@fabrikam.com" },
}
local fabrikam = {
  { name = "Carol O'Neil", email = "carol@fabrikam.com" },
  { name = "Klaus Weiß", email = "klaus.weiss@fabrikam.com" },
  { name = "Alice Example", email = "alice@contoso.com" },
}
local tailspin = {
  { name = "Zoë Ferreira", email = "zoe@tailspintoys.com" },
  { name = "Help desk", email = "helpdesk@provider.example" },
}

-- 12 folders deep, 391 characters with the name of the document: OneDrive takes 400.
local function long_path()
  local place = { file = "Måleprotokol for prøvestand 4, kørsel 17, endelig.docx",
    { at = "2026-10-22T09:00:00Z", docx = { "Måleprotokol", "Kladde" } },
    { at = "2026-11-12T09:00:00Z", docx = { "Måleprotokol", "Endelig udgave" } } }
  for depth = 12, 1, -1 do
    place = { folder = ("Ældre sager, afdeling Ø, %02d"):format(depth), place }
  end
  return place
end

local maria = { name = "María García Núñez", email = "maria.garcia@contoso.com" }

-- A mailbox on litigation hold since 2 November: what its owner deletes or rewrites is kept.
local function held()
  local list = office().mailbox({ name = maria.email, display = maria.name, language = "es" },
    contoso)
  list.hold = true
  local inbox = list[1]
  for _, mail in ipairs {
    { subject = "Litigio Ñandú: oferta de acuerdo", from = contoso[3], to = { maria },
      sent = "2026-11-04T09:12:00Z", importance = "High", deleted = "2026-11-12T18:40:00Z",
      body = "Adjunto la oferta. Caduca el 30 de noviembre.\r\n",
      attachments = { { name = "Oferta de acuerdo.docx",
        type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        docx = { "Oferta de acuerdo", "Importe: 180.000 EUR", "Caduca el 30 de noviembre." } } } },
    { subject = "Litigio Ñandú: borren esto", from = contoso[2], to = { maria },
      sent = "2026-11-05T16:03:00Z", deleted = "2026-11-05T20:55:00Z",
      body = "Por favor, no lo reenvíe.\r\n" },
    { subject = "Litigio Ñandú: cronología", from = maria, to = { contoso[1] },
      sent = "2026-11-10T08:00:00Z", body = "La entrega fue el 3 de mayo.\r\n",
      changed = { at = "2026-11-16T10:30:00Z", body = "La entrega fue el 13 de mayo.\r\n" } },
  } do inbox[#inbox + 1] = mail end
  return list
end

-- Her OneDrive: deleted documents are kept with their versions.
local function held_drive()
  local list = office().drive { name = maria.email, language = "es" }
  table.insert(list[1], { folder = "Pruebas",
    { file = "Correos exportados.csv", deleted = "2026-11-17T19:30:00Z",
      { at = "2026-11-03T10:00:00Z", csv = { { "Fecha", "De" }, { "2026-05-13", "Carol" } } },
      { at = "2026-11-09T10:00:00Z", csv = { { "Fecha", "De" }, { "2026-05-03", "Carol" } } },
      { at = "2026-11-16T10:35:00Z", csv = { { "Fecha", "De" } } } },
    { file = "Declaración jurada.docx", at = "2026-11-06T12:00:00Z",
      docx = { "Declaración jurada", "Firmada ante notario." } } })
  return list
end

local ingrid = { name = "Ingrid Larsen", email = "ingrid.larsen@contoso.com" }

-- Describes an item that is not mail, with its owner and its time.
local function own_item(class, subject, at, shown)
  shown.subject = class ~= "IPM.Contact" and subject or nil
  return { class = class, subject = subject, from = ingrid, to = {}, sent = at, shown = shown,
    body = subject .. "\r\n" }
end

-- A mailbox with items other than mail, and with two folders of one name.
local function organized()
  local list = office().mailbox({ name = ingrid.email, display = ingrid.name, language = "en" },
    contoso)
  table.insert(list, { folder = "Calendar",
    own_item("IPM.Appointment", "Budget review", "2026-11-02T08:00:00Z", {
      organizer = ingrid.name, attendees = "Alice Example; Jürgen Müller", location = "Room 4",
      startTime = "2026-11-24T09:00:00Z", endTime = "2026-11-24T10:30:00Z", recurring = false }),
    own_item("IPM.Appointment", "Weekly call", "2026-10-19T08:00:00Z", {
      organizer = ingrid.name, attendees = "Carol O'Neil", location = "Online", recurring = true,
      startTime = "2026-10-20T13:00:00Z", endTime = "2026-10-20T13:30:00Z" }) })
  table.insert(list, { folder = "Contacts",
    own_item("IPM.Contact", "Carol O'Neil", "2026-10-20T10:00:00Z", {
      fullName = "Carol O'Neil", displayAs = "Carol O'Neil", fileAs = "O'Neil, Carol",
      company = "Fabrikam", jobTitle = "Head of sales", email = "carol@fabrikam.com",
      businessPhone = "+49 931 555 0117" }) })
  table.insert(list, { folder = "Tasks",
    own_item("IPM.Task", "Renew the certificate", "2026-11-09T07:30:00Z", {
      status = "InProgress", percentComplete = 50, startDate = "2026-11-09T00:00:00Z",
      dueDate = "2026-11-30T00:00:00Z", owner = ingrid.name }) })
  -- The inbox has a folder of this name, too.
  table.insert(list, { folder = "Projects", { subject = "Pilot, second phase", from = contoso[1],
    to = { ingrid }, sent = "2026-11-05T09:00:00Z", body = "The plan is as agreed.\r\n" } })
  return list
end

M.contoso = {
  user(contoso, "amelie.dubois@contoso.com", "Amélie Dubois", "fr", "Lyon", { hit = true }),
  user(contoso, "lukasz.wojcik@contoso.com", "Łukasz Wójcik", "pl", "Kraków", { hit = true }),
  user(contoso, maria.email, maria.name, "es", "Sevilla", {
    mailbox = held, drive = held_drive, archive = true }),
  user(contoso, "soren.aaberg@contoso.com", "Søren Åberg", "da", "Århus", {
    archive = true, more = { long_path() } }),
  user(contoso, "olena.kovalenko@contoso.com", "Олена Коваленко", "uk", "Київ"),
  user(contoso, "yuki.tanaka@contoso.com", "田中 由紀", "ja", "東京", { hit = true }),
  user(contoso, "noa.cohen@contoso.com", "נועה כהן", "he", "תל אביב"),
  user(contoso, "omar.haddad@contoso.com", "عمر حداد", "ar", "عمّان"),
  user(contoso, "elif.yilmaz@contoso.com", "Elif Yılmaz", "tr", "İzmir"),
  user(contoso, "priya.sharma@contoso.com", "प्रिया शर्मा", "hi", "पुणे"),
  user(contoso, ingrid.email, ingrid.name, "en", "Tromsø", { mailbox = organized }),
  -- Joined on the 16th and has an empty OneDrive.
  user(contoso, "thomas.neumann@contoso.com", "Thomas Neumann", "de", "Hamburg", {
    drive = function() return {} end, mails = 2 }),
  user(contoso, "info@contoso.com", "Contoso Info", "en", "", {
    type = "Shared", drive = false, mails = 45 }),
}

local function local_user(name, display, language, town, more)
  more = more or {}
  more.directory = true
  -- Only mail is backed up here.
  more.drive = false
  return user(fabrikam, name, display, language, town, more)
end

M.fabrikam = {
  local_user("klaus.weiss@fabrikam.com", "Klaus Weiß", "de", "Würzburg", {
    location = "OnPremises", archive = true }),
  local_user("birgit.schaefer@fabrikam.com", "Birgit Schäfer", "de", "Würzburg", {
    location = "OnPremises" }),
  local_user("nguyen.dat@fabrikam.com", "Nguyễn Văn Đạt", "vi", "Huế"),
  local_user("jose.alvarez@fabrikam.com", "José Álvarez", "es", "A Coruña"),
  local_user("agnieszka.zak@fabrikam.com", "Agnieszka Żak", "pl", "Łódź", {
    location = "OnPremises" }),
  local_user("siobhan.oreilly@fabrikam.com", "Siobhán O'Reilly", "en", "Galway"),
  -- Another user of the same name.
  local_user("jose.alvarez2@fabrikam.com", "José Álvarez", "es", "Vigo"),
  local_user("ahmet.oz@fabrikam.com", "Ahmet Öz", "tr", "Eskişehir"),
  local_user("mette.soerensen@fabrikam.com", "Mette Sørensen", "da", "Køge"),
  local_user("workshop@fabrikam.com", "Werkstatt Süd", "de", "Würzburg", {
    type = "Shared", location = "OnPremises", mails = 20 }),
  local_user("notices@fabrikam.com", "Aushänge", "de", "", {
    type = "Public", location = "OnPremises", mails = 10 }),
}

M.tailspin = {
  user(tailspin, "zoe@tailspintoys.com", "Zoë Ferreira", "en", "Porto", { archive = true }),
  user(tailspin, "hiro@tailspintoys.com", "佐藤 寛", "ja", "大阪"),
  user(tailspin, "bjorn@tailspintoys.com", "Bjørn Ødegård", "da", "Bodø"),
  user(tailspin, "ines@tailspintoys.com", "Inés Muñoz", "es", "Logroño"),
  user(tailspin, "marek@tailspintoys.com", "Marek Dąbrowski", "pl", "Gdańsk"),
  user(tailspin, "chloe@tailspintoys.com", "Chloé Lemaître", "fr", "Nîmes"),
  user(tailspin, "dmytro@tailspintoys.com", "Дмитро Їжакевич", "uk", "Львів"),
  user(tailspin, "ayse@tailspintoys.com", "Ayşe Çelik", "tr", "Muğla"),
  user(tailspin, "greta@tailspintoys.com", "Greta Jäger", "de", "Köln", {
    -- Larger than 32 bits can count; generated while it is read.
    pictures = 64, more = { { folder = "Messe",
      { file = "Spielwarenmesse, ungeschnitten.mov", at = "2026-11-08T22:10:00Z",
        generated = 5 << 30 } } } }),
  user(tailspin, "orders@tailspintoys.com", "Orders", "en", "", {
    type = "Shared", drive = false, mails = 90 }),
}

-- Fabrikam's SharePoint farm.
function M.fabrikam_sites()
  return { {
    site = "Engineering", path = "/sites/engineering", author = "Klaus Weiß",
    libraries = { {
      name = "Zeichnungen", description = "Freigegebene Zeichnungen",
      { folder = "Gehäuse",
        { file = "Maßblatt Gehäuse Größe 3.md", at = "2026-10-20T08:00:00Z",
          text = "# Gehäuse Größe 3\n\nBreite 480 mm, Höhe 132 mm.\n" },
        { file = "Stückliste.csv",
          { at = "2026-10-20T08:30:00Z", csv = { { "Teil", "Menge" }, { "Blech", 4 } } },
          { at = "2026-11-10T08:30:00Z", by = "Birgit Schäfer",
            csv = { { "Teil", "Menge" }, { "Blech", 4 }, { "Schraube M4", 16 } } } } },
    } },
    lists = { { name = "Prüfaufträge",
      { file = "Lüfter", at = "2026-11-03T07:00:00Z",
        fields = { { "Title", "Lüfter" }, { "Status", "Offen" } } },
      { file = "Netzteil", at = "2026-11-11T07:00:00Z",
        fields = { { "Title", "Netzteil" }, { "Status", "Bestanden" } } } } },
    subsites = { {
      site = "Prüfstand", path = "/sites/engineering/pruefstand", author = "Birgit Schäfer",
      libraries = { { name = "Documents",
        { file = "Protokoll 17.docx", at = "2026-11-12T15:00:00Z",
          docx = { "Protokoll 17", "Bestanden, mit Auflage." } } } },
    } },
  } }
end

M.fabrikam_groups = {
  { group = "Alle Mitarbeiter", email = "alle@fabrikam.com", type = "Distribution",
    location = "OnPremises", author = "Klaus Weiß",
    members = { "carol@fabrikam.com", "klaus.weiss@fabrikam.com", "birgit.schaefer@fabrikam.com",
      "nguyen.dat@fabrikam.com", "jose.alvarez@fabrikam.com", "agnieszka.zak@fabrikam.com",
      "siobhan.oreilly@fabrikam.com", "jose.alvarez2@fabrikam.com", "ahmet.oz@fabrikam.com",
      "mette.soerensen@fabrikam.com" } },
  { group = "Einkauf", email = "einkauf@fabrikam.com", type = "Security", location = "Hybrid",
    author = "Carol O'Neil", members = { "carol@fabrikam.com", "jose.alvarez@fabrikam.com" } },
  { group = "Projects EU", email = "projects-eu@fabrikam.com", type = "Office365",
    author = "Carol O'Neil",
    members = { "carol@fabrikam.com", "siobhan.oreilly@fabrikam.com", "ahmet.oz@fabrikam.com" } },
}

return M
