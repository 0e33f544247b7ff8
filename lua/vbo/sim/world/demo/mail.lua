--- Describes mailboxes of the demo world.

local alice = { name = "Alice Example", email = "alice@contoso.com" }
local bob = { name = "Bob Builder", email = "bob@contoso.com" }
local juergen = { name = "Jürgen Müller", email = "juergen.mueller@contoso.com" }
local wang = { name = "王小明", email = "wang.xiaoming@contoso.com" }
local carol = { name = "Carol O'Neil", email = "carol@fabrikam.com" }
local erika = { name = "Erika Former", email = "erika.former@contoso.com" }
local robot = { name = "Build robot", email = "robot@contoso.com" }

-- One transparent pixel: a picture small enough to be written out.
local pixel = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xFF\xFF\xFF!\xF9\4\1\0\0\0\0"
  .. ",\0\0\0\0\1\0\1\0\0\2\2D\1\0;"

local newsletter = [[
<html><body><h1>Restore drill no. %d</h1>
<p>Grüße aus München — 来自上海的问候</p>
<table><tr><td>Files</td><td>1&nbsp;024</td></tr></table></body></html>
]]

return {
  alice = {
    {
      folder = "Inbox", category = "Inbox",
      { mails = 64, first = "2026-10-14T06:00:00Z", step = 12 * 3600, to = { alice },
        senders = { robot, bob, juergen, wang },
        subjects = { "Nightly build %d", "Lunch? (%d)", "Rückfrage Nr. %d", "周报第 %d 期" },
        body = "Hello Alice,\r\n\r\nthis is message %d.\r\n", html = newsletter },
      { subject = "Signed contract Aurora", from = carol, to = { alice }, cc = { juergen },
        sent = "2026-11-17T10:12:00Z", importance = "High", deleted = "2026-11-19T03:15:00Z",
        body = "Dear Alice,\r\n\r\nattached is the signed contract.\r\n\r\nCarol\r\n",
        html = "<html><body><p>Dear Alice,</p><p>attached is the <b>signed</b> contract.</p>"
          .. "<p>Carol</p></body></html>",
        attachments = {
          { name = "Contract Aurora.docx",
            type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            docx = { "Contract", "Between Contoso and Fabrikam.", "Signed: Carol O'Neil" } },
          { name = "Prices.csv", type = "text/csv", csv = { { "Item", "EUR" }, { "Restore", 0 } } },
          { name = "logo.gif", type = "image/gif", text = pixel },
        } },
      { subject = "", from = bob, to = { alice }, sent = "2026-11-16T12:00:00Z",
        body = "No subject, as usual.\r\n" },
      { subject = 'Quotes "double", \'single\' & <angles>', from = juergen, to = { alice, bob },
        sent = "2026-11-16T13:00:00Z", body = "Sonderzeichen: äöüß €\r\n" },
      {
        folder = "Projects",
        {
          folder = "Aurora",
          { subject = "Aurora: Übergabe der Pläne", from = juergen, to = { alice },
            sent = "2026-11-12T08:00:00Z", deleted = "2026-11-19T03:16:00Z",
            body = "Im Anhang die Pläne.\r\n",
            attachments = { { name = "Pläne Größe A1.txt", type = "text/plain",
              text = "1 Übersicht\r\n2 Schnitt\r\n" } } },
          { subject = "Aurora: 翻译已完成", from = wang, to = { alice }, cc = { bob },
            sent = "2026-11-13T02:30:00Z", deleted = "2026-11-19T03:16:00Z",
            body = "翻译已完成，请查收附件。\r\n",
            attachments = { { name = "翻译.txt", type = "text/plain", text = "恢复\r\n" } } },
          { subject = "Aurora: budget approved", from = bob, to = { alice },
            sent = "2026-11-14T09:45:00Z", body = "Approved. Spend wisely.\r\n" },
        },
        {
          folder = "北京",
          { subject = "北京办公室", from = wang, to = { alice }, sent = "2026-11-05T03:00:00Z",
            body = "北京办公室的网络已恢复。\r\n" },
        },
        { folder = "Nothing here" },
      },
    },
    {
      folder = "Sent Items", category = "Sent",
      { subject = "Re: Signed contract Aurora", from = alice, to = { carol },
        sent = "2026-11-17T11:00:00Z", body = "Thank you, Carol.\r\n" },
    },
    {
      folder = "Drafts", category = "Drafts",
      { subject = "Draft: incident report", from = alice, to = { bob },
        sent = "2026-11-20T09:00:00Z", body = "To be finished.\r\n" },
    },
    {
      folder = "Deleted Items", category = "Deleted",
      { subject = "You have won", from = { name = "Prize office", email = "win@example.net" },
        to = { alice }, sent = "2026-11-04T22:22:00Z", body = "Click here.\r\n" },
    },
    { folder = "Archive (2025)" },
  },
  bob = {
    { folder = "Inbox", category = "Inbox",
      { subject = "Welcome", from = alice, to = { bob }, sent = "2026-10-14T08:00:00Z",
        body = "Welcome on board, Bob.\r\n" },
      { subject = "Rack temperature", from = robot, to = { bob }, sent = "2026-11-18T04:00:00Z",
        body = "31 degrees.\r\n" } },
    { folder = "Sent Items", category = "Sent" },
  },
  juergen = {
    { folder = "Posteingang", category = "Inbox",
      { subject = "Grüße aus Übersee", from = wang, to = { juergen }, sent = "2026-11-03T05:00:00Z",
        body = "Viele Grüße!\r\n" } },
    { folder = "Entwürfe", category = "Drafts",
      { subject = "Entwurf: Urlaub", from = juergen, to = { alice }, sent = "2026-11-10T10:00:00Z",
        body = "Ab Montag.\r\n" } },
  },
  wang = {
    { folder = "收件箱", category = "Inbox",
      { subject = "欢迎", from = alice, to = { wang }, sent = "2026-10-15T01:00:00Z",
        body = "欢迎！\r\n" } },
  },
  erika = {
    { folder = "Inbox", category = "Inbox",
      { subject = "Good-bye", from = bob, to = { erika }, sent = "2026-11-13T12:00:00Z",
        body = "All the best!\r\n" } },
  },
  carol = {
    { folder = "Inbox", category = "Inbox",
      { mails = 5, first = "2026-11-02T09:00:00Z", step = 86400, to = { carol },
        senders = { alice }, subjects = { "Contract, draft %d" },
        body = "Draft %d is attached, or would be.\r\n" } },
  },
}
