package message

import (
	"html/template"
	"strings"
)

// page is the HTML body of a mail: one column of 600 pixels with its styles in
// the elements, because that is what mail programs understand.
const page = `<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Headline}}</title></head>
<body style="margin:0;padding:16px;background:#ffffff;color:#1a1a1a;font:15px/1.45 -apple-system,'Segoe UI',Helvetica,Arial,sans-serif">
<div style="max-width:600px">
<h1 style="font-size:19px;line-height:1.3;margin:0 0 12px">{{.Mark}} {{.Headline}}</h1>
{{if .Picture}}<p style="margin:0 0 12px"><img src="{{.Picture}}" width="600" style="max-width:100%;height:auto" alt="{{.Alt}}"></p>
{{end}}<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse">
{{range .Lines}}{{if .Head}}<tr><td colspan="2" style="padding:12px 0 4px;font-weight:600">{{.Label}}</td></tr>
{{else if .Label}}<tr><td style="padding:3px 14px 3px 0;vertical-align:top;color:#5f6368;white-space:nowrap">{{.Label}}</td><td style="padding:3px 0;vertical-align:top">{{if .Code}}<code style="font:13px/1.4 Menlo,Consolas,monospace;word-break:break-word">{{.Text}}</code>{{else}}{{.Text}}{{end}}</td></tr>
{{else}}<tr><td colspan="2" style="padding:3px 0">{{.Text}}</td></tr>
{{end}}{{end}}</table>
{{if .Links}}<p style="margin:14px 0 0">{{range $i, $l := .Links}}{{if $i}} · {{end}}<a href="{{$l.URL}}">{{$l.Name}}</a>{{end}}</p>
{{end}}</div></body></html>
`

// HTML writes a text as the body of a mail. Picture is the address of the
// picture, empty where there is none; alt says what it shows.
func HTML(t Text, picture, alt string) (string, error) {
	parsed, err := template.New("mail").Parse(page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = parsed.Execute(&b, struct {
		Text
		Picture template.URL
		Alt     string
	}{t, template.URL(picture), alt}) //nolint:gosec // the address is made by us: cid: of a part of the same mail
	return b.String(), err
}
