package fetch_test

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/fetch"
)

func TestOutlineHoldsShapeAndNobody(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:           ``,
		`{"a":"Jo"}`: "{a:string}",
		`{"posts":[{"by":"Jo","n":1},{"by":"Al","n":2},{"by":null}],"ok":true}`: "{posts:[{by:string,n:number},{by:null}],ok:boolean}",
		`{"did:plc:jo":1,"jo.example":{"x":[]}}`:                                "{…:number,…:{x:[]}}",
		`{"feed":{"name":"Jo","resu`:                                            "{feed:{name:string",
		`[1,"Jo"`:                                                               "[number,string",
		`<html>Jo</html>`:                                                       "",
		"PK\x03\x04Jo":                                                          "",
		strings.Repeat("[", 200) + `"Jo"`:                                       strings.Repeat("[", 65) + "…",
	} {
		got := string((&fetch.Refusal{Body: []byte(body)}).Outline())
		head, shape, _ := strings.Cut(got, "\n")
		if shape != want || strings.Contains(got, "Jo") || (body != "" && !strings.HasPrefix(head, "outline of ")) {
			t.Errorf("%.60s: got %s", body, got)
		}
	}
	long := (&fetch.Refusal{Body: []byte("[" + strings.Repeat(`{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":`, 50) + `[` + strings.Repeat(`{"b":1},`, 1000))}).Outline()
	if len(long) > 32<<10 {
		t.Errorf("outline of %d bytes", len(long))
	}
}
