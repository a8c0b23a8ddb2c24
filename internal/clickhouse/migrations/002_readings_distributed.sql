{{.Distributed "readings" "cityHash64(target)"}}
